import { describe, expect, test } from 'vitest';
import { imitatedHost } from '../../src/checks/name/imitated-host.ts';
import { createGate } from '../../src/gate.ts';
import { parseReference } from '../../src/model/reference.ts';
import { parseTarget } from '../../src/model/target.ts';
import { defaultPolicy } from '../../src/policy/default-policy.ts';
import type { Policy } from '../../src/policy/policy.ts';
import {
  behindToken,
  faultOf,
  logins,
  open,
  serverStarter,
  serving,
  testImage,
} from '../sources/registry/fixtures.ts';

const start = serverStarter();
const image = testImage('the layer');
const policyWith = (level: 'fail' | 'warn' | 'off'): Policy => ({
  ...defaultPolicy(),
  checks: new Map([['name.lookalike', { level, options: {} }]]),
});
const name = parseReference('registry.example.com/acme/app');

describe('a host that a registry names', () => {
  test.each([
    ['ghrc.io', 'ghcr.io'],
    ['docker.co', 'docker.io'],
    ['auth.dockr.io', 'docker.io'],
    ['xn--dcker-jua.io', 'docker.io'],
    ['quay.io.example.com', 'quay.io'],
    ['registry.k8s.io.evil.example', 'registry.k8s.io'],
  ])('%s imitates %s', (host, meant) => {
    const found = imitatedHost(host, name, policyWith('fail'));
    expect(found?.why).toContain(`could be taken for ${meant}`);
  });

  test.each([
    ...[
      'auth.docker.io',
      'gitlab.com',
      'docker-auth.elastic.co',
      'login.microsoftonline.com',
      'oauth2.googleapis.com',
    ],
    ...[
      'production.cloudflare.docker.com',
      'pkg-containers.githubusercontent.com',
      'cdn01.quay.io',
      'storage.googleapis.com',
    ],
    ...[
      'authn.nvidia.com',
      'prod-registry-k8s-io-us-east-1.s3.dualstack.us-east-1.amazonaws.com',
      'us-west1-docker.pkg.dev',
    ],
    ...[
      'eastus.data.mcr.microsoft.com',
      'quayio-production-s3.s3.amazonaws.com',
      'api.digitalocean.com',
      'sso.redhat.com',
    ],
    ...[
      'docker-images-prod.6aa30f8b08e16409b46e0173d6de2f56.r2.cloudflarestorage.com',
      'd5l0dvt14r5h8.cloudfront.net',
    ],
    ...[
      'acme.blob.core.windows.net',
      'auth.acme.example',
      '10.0.0.7:5001',
      'localhost:5000',
      'prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com',
    ],
  ])('%s, where real registries send people, imitates nobody', (host) => {
    expect(imitatedHost(host, name, policyWith('fail'))).toBeUndefined();
  });

  test('is judged as gravely as the policy says', () => {
    expect(imitatedHost('ghrc.io', name, policyWith('warn'))?.isOnlyTold).toBe(true);
    expect(imitatedHost('ghrc.io', name, policyWith('off'))).toBeUndefined();
  });
});

const imitated = (host: string) => imitatedHost(host, name, policyWith('fail'))?.why;

describe('a registry that sends people to a host that imitates another', () => {
  test('is not followed to a token server, with a login or without', async () => {
    const registry = await start(behindToken('https://ghrc.io/token', serving(image)));
    for (const env of [{}, logins({ [registry.host]: ['alice', 'x'] })]) {
      const fault = await faultOf(open(registry.host, { env, imitated }).resolve());
      expect([fault.code, fault.message]).toEqual([
        'REALM_REFUSED',
        expect.stringContaining('"ghrc.io" could be taken for ghcr.io'),
      ]);
    }
  });

  test('may name one that the user names, too', async () => {
    const registry = await start(behindToken('https://ghrc.io/token', serving(image)));
    const lookup = () => {
      throw new Error('it would be asked');
    };
    const fault = await faultOf(
      open(registry.host, { imitated, allowRealms: ['ghrc.io'], lookup }).resolve(),
    );
    expect(fault.code).not.toBe('REALM_REFUSED');
  });

  test('is not followed by a redirect', async () => {
    const registry = await start(() => ({ status: 307, headers: { location: 'https://ghrc.io/v2/x' } }));
    const fault = await faultOf(open(registry.host, { imitated }).resolve());
    expect([fault.code, fault.message]).toEqual([
      'REDIRECT_REFUSED',
      expect.stringContaining('could be taken for ghcr.io'),
    ]);
  });

  test('leaves an image undecided', async () => {
    const registry = await start(behindToken('https://ghrc.io/token', serving(image)));
    const gate = createGate({ policy: policyWith('fail'), env: {}, insecure: [registry.host] });
    const verdict = await gate.check(parseTarget(`${registry.host}/acme/app:1`));
    expect(verdict.result).toBe('undecided');
    expect(JSON.stringify(verdict.faults)).toContain('could be taken for ghcr.io');
  });
});
