import type { FileRule } from '../rule.ts';
import { HEX, join, sample } from '../rules/sample.ts';
import { readMyloginFile } from './mylogin.ts';
import {
  readErlangCookie,
  readJenkinsMasterKey,
  readJenkinsUtilSecret,
  readMungeKey,
  readPppSecrets,
  readRailsKey,
  readSealedStore,
} from './plain-keys.ts';
import { sampleBytes, sampleMylogin } from './samples.ts';

const text = (path: string, content: string) => () => ({ path, bytes: Buffer.from(content) });
const binary = (path: string, bytes: Buffer) => () => ({ path, bytes });
const vault = (path: string) =>
  text(path, join('$ANSIBLE', '_VAULT;1.1;AES256\n', `${sample(HEX, 80, 'vault')}\n`.repeat(4)));

/** Keys that programs keep in files of their own, and stores under one password. */
export const APPLICATION_FILE_RULES: readonly FileRule[] = [
  {
    id: 'secrets.rails-key',
    provider: 'Ruby on Rails',
    what: 'key of the credentials of a Rails application',
    path: /(?:^|\/)config\/(?:master|credentials\/[\w-]{1,60})\.key$/,
    severity: 'critical',
    confidence: 'high',
    judge: readRailsKey,
    remedy: 'Make a new key, change what the credentials hold, and hand the key in as RAILS_MASTER_KEY',
    source: 'Rails Guides, Securing Rails Applications, Custom Credentials',
    examples: [
      text('srv/app/config/master.key', sample(HEX, 32, 'rails')),
      text('srv/app/config/credentials/production.key', `${sample(HEX, 32, 'rails 2')}\n`),
    ],
    counterExamples: [
      text('srv/app/config/master.key', '0'.repeat(32)),
      text('srv/app/config/master.key', '<%= ENV["RAILS_MASTER_KEY"] %>'),
      text('srv/app/other.key', sample(HEX, 32, 'rails')),
    ],
  },
  {
    id: 'secrets.jenkins-master-key',
    provider: 'Jenkins',
    what: 'master key of a Jenkins controller',
    path: /(?:^|\/)secrets\/master\.key$/,
    severity: 'critical',
    confidence: 'high',
    judge: readJenkinsMasterKey,
    remedy: 'Change every credential of the controller, and keep its home folder out of the image',
    source: 'Jenkins, hudson.util.Secret and jenkins.security.DefaultConfidentialStore',
    examples: [text('var/jenkins_home/secrets/master.key', sample(HEX, 256, 'jenkins'))],
    counterExamples: [text('srv/secrets/master.key', sample(HEX, 32, 'jenkins'))],
  },
  {
    id: 'secrets.jenkins-secret-key',
    provider: 'Jenkins',
    what: 'key with which Jenkins encrypts credentials, under its master key',
    path: /(?:^|\/)secrets\/(?:hudson\.util\.Secret|com\.cloudbees\.plugins\.credentials\.SecretBytes\.KEY)$/,
    severity: 'high',
    confidence: 'high',
    judge: readJenkinsUtilSecret,
    remedy: 'Change every credential of the controller, and keep its home folder out of the image',
    source: 'Jenkins, hudson.util.Secret and jenkins.security.DefaultConfidentialStore',
    examples: [binary('var/jenkins_home/secrets/hudson.util.Secret', sampleBytes(272, 'jenkins'))],
    counterExamples: [text('var/jenkins_home/secrets/hudson.util.Secret', 'nothing here yet'.repeat(17))],
  },
  {
    id: 'secrets.erlang-cookie-file',
    provider: 'RabbitMQ, CouchDB, Erlang',
    what: 'file with the cookie that lets nodes into an Erlang cluster',
    path: /(?:^|\/)\.erlang\.cookie$/,
    severity: 'critical',
    confidence: 'high',
    judge: readErlangCookie,
    remedy: 'Make a new cookie, and mount it at run time: who has it runs code on each node',
    source: 'Erlang documentation, Distributed Erlang, Security',
    examples: [
      text('var/lib/rabbitmq/.erlang.cookie', sample('ABCDEFGHIJKLMNOPQRSTUVWXYZ', 20, 'cookie file')),
    ],
    counterExamples: [text('var/lib/rabbitmq/.erlang.cookie', 'secretcookie')],
  },
  {
    id: 'secrets.munge-key',
    provider: 'MUNGE',
    what: 'key with which the nodes of a cluster vouch for users',
    path: /(?:^|\/)etc\/munge\/munge\.key$/,
    severity: 'high',
    confidence: 'high',
    judge: readMungeKey,
    remedy: 'Make a new key with mungekey, and mount it at run time',
    source: 'MUNGE, mungekey(8)',
    examples: [binary('etc/munge/munge.key', sampleBytes(128, 'munge'))],
    counterExamples: [text('etc/munge/munge.key', 'put the key of your cluster here, 32 bytes at least')],
  },
  {
    id: 'secrets.mysql-login',
    provider: 'MySQL',
    what: 'password in a login file of MySQL, which its own first bytes open',
    path: /(?:^|\/)\.mylogin\.cnf$/,
    severity: 'high',
    confidence: 'high',
    judge: readMyloginFile,
    remedy: 'Change the password, and leave the file out of the image',
    source: 'MySQL documentation, mysql_config_editor',
    examples: [
      () => ({
        path: 'root/.mylogin.cnf',
        bytes: sampleMylogin(
          `[client]\nuser = "app"\n${join('pass', 'word')} = "${sample(HEX, 12, 'mysql')}"\n`,
        ),
      }),
    ],
    counterExamples: [
      () => ({ path: 'root/.mylogin.cnf', bytes: sampleMylogin('[client]\nuser = "app"\n') }),
      binary('root/.mylogin.cnf', Buffer.alloc(200)),
    ],
  },
  {
    id: 'secrets.ppp-password',
    provider: 'pppd',
    what: 'passwords of accounts for PPP',
    path: /(?:^|\/)etc\/ppp\/(?:chap|pap)-secrets$/,
    severity: 'high',
    confidence: 'medium',
    judge: readPppSecrets,
    remedy: 'Change the passwords, and mount the file at run time',
    source: 'pppd(8), Authentication',
    examples: [
      text('etc/ppp/chap-secrets', `# Secrets\nharbour * ${sample(HEX, 14, 'ppp')} *\n`),
      text('etc/ppp/pap-secrets', `"harbour"\t*\t"${sample(HEX, 12, 'pap')}"\n`),
    ],
    counterExamples: [
      text('etc/ppp/chap-secrets', '# Secrets for authentication using CHAP\n# client\tserver\tsecret\tIP\n'),
      text('etc/ppp/pap-secrets', '*\thostname\t""\t*\nguest\thostname\t"*"\t-\n'),
    ],
  },
  {
    id: 'secrets.password-database',
    provider: 'any',
    what: 'database of passwords under one password',
    magic: ['03d9a29a65fb4bb5', '03d9a29a67fb4bb5', '476e6f6d654b657972696e670a0d000a', '6b7963680001'],
    severity: 'low',
    confidence: 'high',
    judge: readSealedStore,
    remedy: 'Leave it out of the image: its password can be tried offline',
    source: 'KeePass documentation, KDBX 4; GNOME keyring, file-format.txt; Apple, Keychain services',
    examples: [
      binary(
        'root/x.kdbx',
        Buffer.concat([Buffer.from('03d9a29a67fb4bb5', 'hex'), sampleBytes(900, 'kdbx')]),
      ),
      binary(
        'root/.local/share/keyrings/login.keyring',
        Buffer.concat([Buffer.from('GnomeKeyring\n\r\0\n'), sampleBytes(300, 'keyring')]),
      ),
    ],
    counterExamples: [text('root/x.kdbx', 'no database')],
  },
  {
    id: 'secrets.ansible-vault',
    provider: 'Ansible',
    what: 'file that Ansible keeps encrypted',
    magic: [Buffer.from('$ANSIBLE_VAULT;1.').toString('hex')],
    severity: 'info',
    confidence: 'high',
    judge: readSealedStore,
    remedy: 'Leave it out of the image if its password may be guessed',
    source: 'Ansible documentation, Format of files encrypted with Ansible Vault',
    examples: [vault('srv/group_vars/all/vault.yml')],
    counterExamples: [text('srv/readme', 'begins with $ANSIBLE_VAULT;1.1;AES256')],
  },
];
