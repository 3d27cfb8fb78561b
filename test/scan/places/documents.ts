import { gzipSync } from 'node:zlib';
import { base64, inAttestation, inConfig, inDocument, line, type Place, TEXT, TOKEN } from './place.ts';

/** Places in what an image says of itself. */
export const DOCUMENTS: readonly Place[] = [
  inConfig('config.Env[0]', { env: [`T=${TOKEN}`] }),
  inConfig('config.Env[1]', { env: ['A=b', `T=${base64(TEXT)}`] }),
  inConfig('config.Entrypoint', { entrypoint: ['sh', '-c', `curl ${TOKEN}`] }),
  inConfig('config.Cmd', { cmd: [TOKEN] }),
  inConfig('config.Healthcheck', { healthcheck: ['CMD', 'curl', TOKEN] }),
  inConfig('config.OnBuild[0]', { onBuild: [`RUN ${TOKEN}`] }),
  inConfig('config.Labels[note]', { labels: new Map([['note', TOKEN]]) }),
  inConfig('config.Labels[[secret]]', { labels: new Map([[TOKEN, '']]) }),
  inConfig('config.User', { user: TOKEN }),
  inConfig('config.WorkingDir', { workingDir: `/${TOKEN}` }),
  inConfig('config.Volumes[0]', { volumes: [`/${TOKEN}`] }),
  inConfig('history[0]', { history: [line(`RUN |2 A=b T=${TOKEN} /bin/sh -c make`)] }),
  inConfig('history[1]', { history: [line('x'), line(`RUN echo ${base64(TEXT)} | base64 -d`)] }),
  inConfig('history[0].comment', { history: [line('', TOKEN)] }),
  inConfig('manifest.annotations[note]', {}, { note: TOKEN }),
  inDocument('config.author', 'config', { author: `me ${TOKEN}` }),
  inDocument('config.history[0].author', 'config', { history: [{ author: TOKEN }] }),
  inDocument('config.config.StopSignal', 'config', { config: { StopSignal: TOKEN } }),
  inDocument('config.config.Shell[1]', 'config', { config: { Shell: ['/bin/sh', TOKEN] } }),
  inDocument('config.config.ExposedPorts (key)', 'config', {
    config: { ExposedPorts: { [`${TOKEN}/tcp`]: {} } },
  }),
  inDocument('config.nobody.knows[0].this', 'config', { nobody: { knows: [{ this: TOKEN }] } }),
  inDocument('manifest.layers[0].annotations.x', 'manifest', { layers: [{ annotations: { x: TOKEN } }] }),
  inDocument('manifest.config.data', 'manifest', { config: { data: base64(TEXT) } }),
  inDocument('index.annotations.x', 'index', { annotations: { x: TOKEN } }),
  inAttestation('provenance.predicate.buildDefinition.externalParameters.request.args.build-arg:T', {
    predicate: {
      buildDefinition: { externalParameters: { request: { args: { 'build-arg:T': `"${TOKEN}"` } } } },
    },
  }),
  inAttestation('provenance.predicate.materials[1].uri', {
    predicate: { materials: [{ uri: 'pkg:docker/x' }, { uri: `https://me:${TOKEN}@git.example/x.git` }] },
  }),
  inAttestation('provenance.predicate.metadata.source.infos[0].data', {
    predicate: { metadata: { source: { infos: [{ filename: 'Dockerfile', data: base64(`ARG ${TEXT}`) }] } } },
  }),
  inAttestation('sbom.packages[0].downloadLocation', {
    packages: [{ downloadLocation: `https://x:${TOKEN}@npm.example/x.tgz` }],
  }),
  inAttestation('attestation.annotations.[secret]', { annotations: { x: 'y', [TOKEN]: 'x' } }),
  inAttestation('attestation', Buffer.from(`not JSON: ${TEXT}`)),
  inAttestation('attestation!/attestation', gzipSync(TEXT)),
];
