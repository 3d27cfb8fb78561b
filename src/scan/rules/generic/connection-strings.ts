import type { SecretRule } from '../../rule.ts';
import { checkAssignedSecret, checkSampleHostLogin, checkUserInfo } from '../../validators/login.ts';
import { BASE62, sample } from '../sample.ts';

/** `user:password@host` behind the `://` of an address; the host may be a template. */
const USER_INFO = String.raw`(?<secret>[^\s:@/'"<>\x60\\]{0,80}:[^\s@/'"<>\x60\\]{1,160}@[A-Za-z0-9._\-\[\]:$\{\}%]{1,120})`;
const WEB = [
  'http',
  'https',
  'ssh',
  'git',
  'ws',
  'wss',
  'mqtt',
  'mqtts',
  'socks5',
  'svn',
  'git+https',
  'proxy',
];
const STORES = (
  'postgres postgresql postgis mysql mysqlx mariadb mongodb mongodb+srv redis rediss redis+sentinel valkey amqp amqps ' +
  'clickhouse sqlserver mssql oracle db2 cockroachdb nats ldap ldaps neo4j neo4j+s bolt smtp smtps imap imaps pop3 ftp ' +
  'ftps sftp smb cifs snowflake redshift solr couchbase couchbases couchdb influxdb influxdb+https elasticsearch ' +
  'opensearch cassandra arangodb trino presto hive2 vertica teradata firebird kafka stomp rtsp rtmp memcached etcd'
).split(' ');
const DRIVERS = [
  'psycopg2',
  'psycopg',
  'asyncpg',
  'pymysql',
  'mysqldb',
  'pyodbc',
  'cx_oracle',
  'oracledb',
  'aiomysql',
];
const CHANGE = 'Change the password and hand the address in at run time';

function schemes(names: readonly string[], sign = ''): readonly string[] {
  return names.map((name) => `${sign}${name}://`);
}

function anyOf(names: readonly string[]): string {
  return names.map((name) => name.replaceAll('+', String.raw`\+`)).join('|');
}

/** Addresses and connection strings that bring their password along. */
export const CONNECTION_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.database-url',
    provider: 'databases',
    what: 'address of a database or broker with its password',
    keywords: [...schemes(STORES), ...schemes(DRIVERS, '+')],
    pattern: new RegExp(`(?:${anyOf(STORES)}|\\+(?:${anyOf(DRIVERS)}))://${USER_INFO}`, 'i'),
    severity: 'critical',
    confidence: 'medium',
    check: checkUserInfo,
    checkDecides: true,
    remedy: CHANGE,
    source: 'RFC 3986, section 3.2.1',
    examples: [
      () => `DATABASE_URL=postgres://gate:${sample(BASE62, 20, 'db 1')}@db.acme-prod.net:5432/gate`,
      () =>
        `SQLALCHEMY_DATABASE_URI = "postgresql+psycopg2://gate:${sample(BASE62, 16, 'db 2')}@10.4.1.9/gate"`,
      () => `mongodb+srv://gate:${sample(BASE62, 16, 'db 3')}@cluster0.ab1cd.mongodb.net/gate`,
    ],
    counterExamples: [
      () => 'postgres://user:password@localhost:5432/db',
      () => `postgres://\${DB_USER}:\${DB_PASSWORD}@\${DB_HOST}/db`,
      () => 'redis://127.0.0.1:6379/0',
      () => 'mysql://root:root@mysql/app',
      () => 'mongodb://<user>:<password>@host/db',
    ],
  },
  {
    id: 'secrets.url-password',
    provider: 'any',
    what: 'address with a user name and a password',
    keywords: schemes(WEB),
    pattern: new RegExp(
      String.raw`(?:${anyOf(WEB)})://(?<secret>[^\s:@/'"<>\x60\\?#]{0,80}:[^\s@/'"<>\x60\\]{1,160}@[A-Za-z0-9._\-[\]:]{1,120})`,
      'i',
    ),
    breadth: 1,
    severity: 'high',
    confidence: 'medium',
    check: checkUserInfo,
    checkDecides: true,
    remedy: 'Change the password and hand it in at run time',
    source: 'RFC 3986, section 3.2.1',
    examples: [
      () => `pip install --index-url https://gate:${sample(BASE62, 20, 'url')}@packages.acme-prod.net/simple`,
      () => `git clone https://oauth2:${sample(BASE62, 24, 'url 2')}@git.acme-prod.net/app.git`,
    ],
    counterExamples: [
      () => 'https://user:password@example.com/',
      () => `https://\${USER}:\${PASS}@git.acme-prod.net/`,
      () => 'http://host:8080/path@2x.png',
      () => 'http://[::1]:8080/',
    ],
  },
  {
    id: 'secrets.sample-host-login',
    provider: 'any',
    what: 'address on a host of examples, or on this machine, with a password that no example uses',
    keywords: schemes(STORES),
    pattern: new RegExp(`(?:${anyOf(STORES)})://${USER_INFO}`, 'i'),
    breadth: 1,
    severity: 'medium',
    confidence: 'low',
    check: checkSampleHostLogin,
    checkDecides: true,
    remedy: 'Make sure that the password opens nothing elsewhere',
    source: 'RFC 2606; RFC 6761, section 6.3',
    examples: [() => `mysql://gate:${sample(BASE62, 6, 'sample host')}-7pier@db.example.com/gate`],
    counterExamples: [
      () => 'redis://user:password@localhost:6379',
      () => `redis://user:\${PASSWORD}@localhost:6379`,
      () => 'amqp://guest:guest@localhost/',
    ],
  },
  {
    id: 'secrets.jdbc-password',
    provider: 'databases',
    what: 'JDBC address with its password',
    keywords: ['jdbc:'],
    pattern:
      /jdbc:[a-z0-9:]{2,24}(?:(?:(?!jdbc:)[^\s'"<>]){0,200}?(?:[?;&]|&amp;)(?:password|pwd)=|[A-Za-z0-9_]{1,40}\/(?=[^\s'"<>@/]{4,120}@))(?<secret>[^\s;&'"<>@]{4,120})/i,
    severity: 'critical',
    confidence: 'medium',
    check: checkAssignedSecret,
    remedy: CHANGE,
    source: 'the JDBC driver documentation of each database, Connection URL',
    examples: [
      () => `jdbc:mysql://db.acme-prod.net:3306/gate?user=gate&password=${sample(BASE62, 16, 'jdbc')}`,
      () => `jdbc:oracle:thin:gate/${sample(BASE62, 12, 'jdbc thin')}@//db.acme-prod.net:1521/GATE`,
    ],
    counterExamples: [
      () => 'jdbc:mysql://db.acme-prod.net:3306/gate?user=gate&password=secret',
      () => `jdbc:postgresql://db/gate?user=gate&password=\${PASSWORD}`,
    ],
  },
  {
    id: 'secrets.odbc-password',
    provider: 'databases',
    what: 'connection string of a database with its password',
    keywords: [
      ';password',
      '; password',
      ';pwd',
      '; pwd',
      ';Passwd',
      '"password',
      '"Pwd',
      "'password",
      "'pwd",
    ],
    pattern:
      /(?:;[ ]?(?<=[A-Za-z)][ ]?[=:][^=;\n]{1,80};[ ]?)|["'](?=pass(?:word|wd)[ ]?=[^;\n]{4,120};[ ]?(?:user|uid|server|data|initial|host|database)))(?:pass(?:word|wd)|pwd)[ ]?=[ ]?(?<secret>[^;\s'"<>{}]{4,120})(?=[;\s'"<]|&quot;)/i,
    breadth: 1,
    severity: 'critical',
    confidence: 'medium',
    check: checkAssignedSecret,
    remedy: 'Change the password and hand the connection string in at run time',
    source: 'Microsoft, SqlConnection.ConnectionString',
    examples: [
      () =>
        `"Server=tcp:acme.database.windows.net,1433;Initial Catalog=gate;User ID=gate;Password=${sample(BASE62, 18, 'odbc')};Encrypt=True"`,
      () => `conn = "Password=${sample(BASE62, 14, 'odbc first')};User ID=gate;Data Source=db1;"`,
    ],
    counterExamples: [
      () => 'Server=localhost;Database=gate;User ID=sa;Password={your_password};',
      () => 'Server=db;Pwd=password;',
      () => 'if (a == b) return c;password = next;',
    ],
  },
];
