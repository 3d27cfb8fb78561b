import { generateKeyPairSync } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/io/limits.ts';
import {
  BASE62,
  BASE64_LETTERS,
  HEX,
  join,
  sample,
  UPPER_BASE32,
  URL_SAFE,
} from '../../src/scan/rules/sample.ts';
import { scanImage } from '../../src/scan/scan-image.ts';
import { inPieces, makeImage, makeLayer, validToken } from './images.ts';
import { gitPack } from './unpack/pack-parts.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const word = (seed: string, length = 16) => sample(BASE62, length, `known ${seed}`);
const hex = (seed: string, length: number) => sample(HEX, length, `known ${seed}`);
const PASSWORD = join('pass', 'word');
const keyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const pem = keyPair().export({ type: 'pkcs8', format: 'pem' }) as string;
const sec1 = keyPair().export({ type: 'sec1', format: 'pem' }) as string;
const crypt = join('$6', `$${word('salt', 8)}$`, sample(`./${BASE62}`, 86, 'known crypt'));
const googleKey = JSON.stringify({
  type: 'service_account',
  project_id: 'harbour',
  private_key_id: hex('gcp id', 40),
  private_key: pem,
  client_email: 'deploy@harbour.iam.gserviceaccount.com',
});
const jwt = [
  { alg: 'RS256', kid: word('kid') },
  {
    iss: 'kubernetes/serviceaccount',
    'kubernetes.io/serviceaccount/namespace': 'shop',
    sub: 'system:serviceaccount:shop:deploy',
  },
]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .concat(sample(URL_SAFE, 342, 'known jwt'))
  .join('.');

/** Files that are known for what stands in them, each as its program writes it. */
const FILES: readonly (readonly [path: string, content: string | Buffer])[] = [
  ['root/.npmrc', `//registry.npmjs.org/:_authToken=${join('npm', '_', word('npm', 36))}\n`],
  [
    'srv/app/.npmrc',
    `registry=https://npm.harbour-prod.net/\n//npm.harbour-prod.net/:_authToken=${hex('uuid', 32)}\n`,
  ],
  ['root/.npmrc', `_auth = ${base64(`deploy:${word('npm auth')}`)}\nemail = a@harbour.example\n`],
  ['root/.yarnrc.yml', `npmAuthToken: "${word('yarn', 40)}"\n`],
  ['root/.pypirc', `[pypi]\nusername = deploy\n${PASSWORD} = ${word('pypi')}\n`],
  [
    'root/.config/pip/pip.conf',
    `[global]\nindex-url = https://deploy:${word('pip')}@pypi.harbour-prod.net/simple\n`,
  ],
  ['root/.netrc', `machine git.harbour-prod.net\n  login deploy\n  ${PASSWORD} ${word('netrc')}\n`],
  ['root/.netrc', `machine git.harbour-prod.net login deploy ${PASSWORD} ${word('netrc 2')}\n`],
  ['root/.git-credentials', `https://deploy:${word('git')}@git.harbour-prod.net\n`],
  ['root/.pgpass', `db.harbour-prod.net:5432:shop:deploy:${word('pgpass')}\n`],
  ['root/.my.cnf', `[client]\nuser=root\n${PASSWORD}=${word('mysql')}\n`],
  ['srv/app/.env', `DB_HOST=db\nDB_${PASSWORD.toUpperCase()}=${word('env')}\n`],
  ['srv/app/.env.production', `export SECRET_KEY_BASE=${hex('env', 128)}\n`],
  [
    'root/.aws/credentials',
    `[default]\naws_access_key_id = ${join('AK', 'IA', sample(UPPER_BASE32, 16, 'known aws'))}\naws_secret_access_key = ${sample(BASE64_LETTERS, 40, 'known aws')}\n`,
  ],
  [
    'root/.config/gcloud/application_default_credentials.json',
    JSON.stringify({
      client_id: '764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com',
      client_secret: join('d-', word('adc', 22)),
      refresh_token: join('1//', sample(URL_SAFE, 100, 'known adc')),
      type: 'authorized_user',
    }),
  ],
  ['root/.config/gcloud/legacy_credentials/a@b/adc.json', googleKey],
  ['srv/key.json', googleKey],
  [
    'root/.azure/msal_token_cache.json',
    JSON.stringify({ RefreshToken: { a: { secret: join('0.A', sample(URL_SAFE, 600, 'known azure')) } } }),
  ],
  [
    'root/.kube/config',
    `apiVersion: v1\nkind: Config\nusers:\n- name: admin\n  user:\n    client-certificate-data: ${base64('-----BEGIN CERTIFICATE-----')}\n    client-key-data: ${base64(sec1)}\n`,
  ],
  ['root/.kube/config', `apiVersion: v1\nkind: Config\nusers:\n- name: deploy\n  user:\n    token: ${jwt}\n`],
  ['root/.kube/config', `users:\n- name: deploy\n  user:\n    token: ${word('kube', 40)}\n`],
  [
    'root/.kube/config',
    `users:\n- name: admin\n  user:\n    ${PASSWORD}: ${word('kube pw', 20)}\n    username: admin\n`,
  ],
  [
    'root/.docker/config.json',
    `{"auths":{"harbour.example":{"auth":"${base64(`deploy:${word('docker')}`)}"}}}`,
  ],
  [
    'root/.docker/config.json',
    JSON.stringify(
      { auths: { 'https://index.docker.io/v1/': { auth: base64(`me:${word('docker 2', 20)}`) } } },
      null,
      '\t',
    ),
  ],
  [
    'srv/terraform.tfstate',
    JSON.stringify(
      {
        version: 4,
        resources: [{ instances: [{ attributes: { username: 'admin', [PASSWORD]: word('tf', 20) } }] }],
      },
      null,
      2,
    ),
  ],
  ['srv/prod.tfvars', `db_${PASSWORD} = "${word('tfvars')}"\n`],
  [
    'root/.terraform.d/credentials.tfrc.json',
    JSON.stringify({
      credentials: {
        'app.terraform.io': { token: join(word('tfc', 14), '.atlas', 'v1.', word('tfc 2', 67)) },
      },
    }),
  ],
  ['root/.bash_history', `ls\nmysql -u root -p${word('history')} shop\n`],
  ['root/.bash_history', `curl -u deploy:${word('curl')} https://git.harbour-prod.net/api\n`],
  ['root/.zsh_history', `: 1700000000:0;export ${join('API_', 'TOKEN')}=${word('zsh', 32)}\n`],
  ['root/.psql_history', `ALTER USER deploy WITH ${PASSWORD.toUpperCase()} '${word('psql')}';\n`],
  [
    'var/www/html/wp-config.php',
    `<?php\ndefine( 'DB_NAME', 'shop' );\ndefine( 'DB_${PASSWORD.toUpperCase()}', '${word('wp')}' );\n`,
  ],
  [
    'var/www/html/wp-config.php',
    `<?php\ndefine('AUTH_KEY', '${sample(`${BASE62}!@#%^&*()-_[]{}`, 64, 'known wp')}');\n`,
  ],
  [
    'srv/app/settings.py',
    `SECRET_KEY = '${join('django-', 'insecure-', sample(`${BASE62}!@#$%^&*(`, 50, 'known django'))}'\n`,
  ],
  [
    'srv/app/settings.py',
    `DATABASES = {'default': {'USER': 'shop', '${PASSWORD.toUpperCase()}': '${word('django db')}'}}\n`,
  ],
  ['srv/app/config/master.key', hex('rails', 32)],
  ['srv/app/config/secrets.yml', `production:\n  secret_key_base: ${hex('rails base', 128)}\n`],
  [
    'srv/app/config/database.yml',
    `production:\n  adapter: postgresql\n  username: shop\n  ${PASSWORD}: ${word('rails db')}\n`,
  ],
  ['root/.ssh/id_ecdsa', sec1],
  [
    'root/.ssh/id_rsa',
    generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
      type: 'pkcs1',
      format: 'pem',
    }) as string,
  ],
  ['etc/ssh/ssh_host_ecdsa_key', pem],
  ['etc/shadow', `root:${crypt}:19700:0:99999:7:::\ndaemon:*:19700:0:99999:7:::\n`],
  [
    'etc/shadow-',
    `deploy:${join('$y', '$j9T$', word('yescrypt', 22), '$', sample(`./${BASE62}`, 43, 'known yescrypt'))}:19700:0:99999:7:::\n`,
  ],
  [
    'srv/app/.git/config',
    `[remote "origin"]\n\turl = https://deploy:${word('remote')}@git.harbour-prod.net/shop.git\n`,
  ],
  [
    'srv/app/.git/config',
    `[http "https://git.harbour-prod.net/"]\n\textraheader = AUTHORIZATION: basic ${base64(`x-access-token:${validToken('header')}`)}\n`,
  ],
  [
    'srv/app/.git/logs/HEAD',
    `${'0'.repeat(40)} ${hex('log', 40)} me <a@b> 1700000000 +0000\tclone: from https://deploy:${word('log pw')}@git.harbour-prod.net/shop.git\n`,
  ],
  [
    'srv/app/.git/FETCH_HEAD',
    `${hex('fetch', 40)}\t\tbranch 'main' of https://deploy:${word('fetch pw')}@git.harbour-prod.net/shop\n`,
  ],
  ['srv/app/.git/objects/ab/cd', deflateSync(`blob 60\0API_TOKEN=${validToken('loose')}\n`)],
  [
    'srv/app/.git/objects/pack/a.pack',
    gitPack([{ type: 'blob', content: `API_TOKEN=${validToken('pack')}\n` }]),
  ],
  ['root/.cargo/credentials.toml', `[registry]\ntoken = "${join('cio', word('cargo', 32))}"\n`],
  ['root/.gem/credentials', `---\n:rubygems_api_key: ${join('ruby', 'gems_', hex('gem', 48))}\n`],
  [
    'root/.m2/settings.xml',
    `<server><id>harbour</id><username>deploy</username><${PASSWORD}>${word('maven')}</${PASSWORD}></server>`,
  ],
  [
    'root/.gradle/gradle.properties',
    `harbourUser=deploy\nharbour${join('Pass', 'word')}=${word('gradle')}\n`,
  ],
  [
    'root/.composer/auth.json',
    JSON.stringify({
      'http-basic': { 'repo.harbour-prod.net': { username: 'deploy', [PASSWORD]: word('composer') } },
    }),
  ],
  ['root/.config/gh/hosts.yml', `github.com:\n    user: me\n    oauth_token: ${validToken('gh')}\n`],
  [
    'root/.config/rclone/rclone.conf',
    `[store]\ntype = s3\naccess_key_id = x\nsecret_access_key = ${sample(BASE64_LETTERS, 40, 'known rclone')}\n`,
  ],
  [
    'root/.s3cfg',
    `[default]\naccess_key = ${join('AK', 'IA', sample(UPPER_BASE32, 16, 'known s3'))}\nsecret_key = ${sample(BASE64_LETTERS, 40, 'known s3')}\n`,
  ],
  ['root/.vault-token', join('hv', 's.', word('vault', 24))],
  [
    'root/.htpasswd',
    `deploy:${join('$apr', '1$', word('apr', 8), '$', sample(`./${BASE62}`, 22, 'known apr'))}\n`,
  ],
  ['etc/ppp/chap-secrets', `deploy * ${word('chap')} *\n`],
  [
    'srv/app/appsettings.json',
    `{"ConnectionStrings":{"Shop":"Server=db;User Id=sa;${join('Pass', 'word')}=${word('dotnet')};"}}`,
  ],
  ['srv/app/application.properties', `spring.datasource.${PASSWORD}=${word('spring')}\n`],
  [
    'srv/app/config/parameters.yml',
    `parameters:\n    database_${PASSWORD}: ${word('symfony')}\n    secret: ${hex('symfony', 40)}\n`,
  ],
  [
    'etc/wireguard/wg0.conf',
    `[Interface]\nPrivateKey = ${Buffer.from(hex('wg', 64), 'hex').toString('base64')}\n`,
  ],
  ['etc/openvpn/client.ovpn', `client\n<key>\n${pem}</key>\n`],
  ['run/secrets/kubernetes.io/serviceaccount/token', jwt],
];

async function foundIn(path: string, content: string | Buffer) {
  const { layer, blob } = await makeLayer([{ name: path, content }]);
  const { scan } = await scanImage(makeImage([{ layer, blob }]), () => inPieces(blob), {
    limits: DEFAULT_LIMITS,
  });
  return scan.hits.filter(({ hit }) => hit.confidence !== 'low' && hit.severity !== 'info');
}

describe('a credential is found, and surely enough to fail, in', () => {
  it.each(FILES.map(([path, content], at) => [`${path} (${at})`, path, content] as const))(
    '%s',
    async (_, path, content) => {
      const found = await foundIn(path, content);
      expect(found.map(({ where }) => where.path?.split('!/')[0])).toContain(path);
    },
  );
});
