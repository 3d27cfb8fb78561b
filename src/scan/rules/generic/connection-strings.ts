import type { Judgement, SecretRule } from '../../rule.ts';
import { checkRandomValue } from '../../validators/chosen-password.ts';
import {
  checkLoginPassword,
  checkStoreLogin,
  checkTypedPassword,
  checkWebUserInfo,
} from '../../validators/login.ts';
import { BASE62, HEX, sample } from '../sample.ts';

/** `user:password@host` behind the `://` of an address; the host may be a template, the password may hold one `@`. */
const USER_INFO = String.raw`(?<secret>[^\s:@/'"<>\x60\\]{0,80}:[^\s@/'"<>\x60\\]{1,160}(?:@[^\s@/:,&;'"<>\x60\\]{0,60}(?=@))?@[A-Za-z0-9._\-\[\]:$\{\}%]{1,120})`;
/** What follows the public key in the address of an error tracker: a host and a number. */
const DSN = String.raw`[\w.:-]{1,100}/[0-9]{1,20}(?![\w/.-])`;
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
    check: checkStoreLogin,
    checkDecides: true,
    remedy: CHANGE,
    source: 'RFC 3986, section 3.2.1',
    examples: [
      () => `DATABASE_URL=postgres://gate:${sample(BASE62, 20, 'db 1')}@db.acme-prod.net:5432/gate`,
      () =>
        `SQLALCHEMY_DATABASE_URI = "postgresql+psycopg2://gate:${sample(BASE62, 16, 'db 2')}@10.4.1.9/gate"`,
      () => `mongodb+srv://gate:${sample(BASE62, 16, 'db 3')}@cluster0.ab1cd.mongodb.net/gate`,
      () => `redis://:${sample(BASE62, 6, 'db 4')}p@ss@10.4.1.9:6379/0`,
      () => 'postgres://gate:s3cr3t@localhost/gate',
    ],
    counterExamples: [
      () => 'postgres://user:password@localhost:5432/db',
      () => 'redis://user:secret@example.com:6379',
      () => `postgres://\${DB_USER}:\${DB_PASSWORD}@\${DB_HOST}/db`,
      () => 'redis://127.0.0.1:6379/0',
      () => 'mysql://root:root@mysql/app',
      () => 'mongodb://<user>:<password>@host/db',
    ],
  },
  {
    id: 'secrets.url-password',
    provider: 'any',
    what: 'address with a password or a token',
    keywords: schemes(WEB),
    pattern: new RegExp(
      String.raw`(?:${anyOf(WEB)})://(?<secret>[^\s:@/'"<>\x60\\?#]{0,80}:[^\s@/'"<>\x60\\]{1,160}@[A-Za-z0-9._\-[\]:]{1,120}|[\w-]{20,120}(?=@(?!${DSN})[A-Za-z0-9]))`,
      'i',
    ),
    breadth: 1,
    severity: 'high',
    confidence: 'medium',
    check: checkWebLogin,
    checkDecides: true,
    remedy: 'Change the password and hand it in at run time',
    source: 'RFC 3986, section 3.2.1',
    examples: [
      () => `pip install --index-url https://gate:${sample(BASE62, 20, 'url')}@packages.acme-prod.net/simple`,
      () => `git clone https://oauth2:${sample(BASE62, 24, 'url 2')}@git.acme-prod.net/app.git`,
      () => `git clone https://${sample(BASE62, 40, 'url 3')}@git.acme-prod.net/app.git`,
    ],
    counterExamples: [
      () => 'https://user:password@example.com/',
      () => `https://\${USER}:\${PASS}@git.acme-prod.net/`,
      () => 'http://host:8080/path@2x.png',
      () => 'http://[::1]:8080/',
      () => `https://${sample(HEX, 32, 'dsn')}@errors.acme-prod.net/42`,
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
    check: checkLoginPassword,
    remedy: CHANGE,
    source: 'the JDBC driver documentation of each database, Connection URL',
    examples: [
      () => `jdbc:mysql://db.acme-prod.net:3306/gate?user=gate&password=${sample(BASE62, 16, 'jdbc')}`,
      () => `jdbc:oracle:thin:gate/${sample(BASE62, 12, 'jdbc thin')}@//db.acme-prod.net:1521/GATE`,
    ],
    counterExamples: [
      () => 'jdbc:mysql://db.acme-prod.net:3306/gate?user=gate&password=password',
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
      /(?:;[ ]?(?<=[A-Za-z)][ ]?[=:][^=;\n]{1,80};[ ]?)|["'](?=pass(?:word|wd)[ ]?=[^;\n]{4,120};[ ]?(?:user|uid|server|data|initial|host|database)))(?:pass(?:word|wd)|pwd)[ ]?=[ ]?["'{]?(?<secret>(?<=\{)(?=\w{0,60}[^\w}.\s])[^}"\r\n]{4,120}(?=\})|(?<=[=\s]["'])[A-Za-z0-9][^"'\r\n;]{3,120}(?=["'];)|[^;\s'"<>{}]{1,60} [^;\s'"<>{}=]{1,60}(?=;[ ]?[A-Z])|[^;\s'"<>{}]{4,120}(?=[;\s'"<]|&quot;))/i,
    breadth: 1,
    severity: 'critical',
    confidence: 'medium',
    check: checkLoginPassword,
    remedy: 'Change the password and hand the connection string in at run time',
    source: 'Microsoft, SqlConnection.ConnectionString',
    examples: [
      () =>
        `"Server=tcp:acme.database.windows.net,1433;Initial Catalog=gate;User ID=gate;Password=${sample(BASE62, 18, 'odbc')};Encrypt=True"`,
      () => `conn = "Password=${sample(BASE62, 14, 'odbc first')};User ID=gate;Data Source=db1;"`,
      () => `Driver={PostgreSQL};Server=db1;Uid=gate;Pwd={${sample(BASE62, 6, 'odbc braces')};quay 7};`,
      () =>
        `Server=db1;User ID=gate;Password='night harbour ${sample(BASE62, 4, 'odbc quoted')}';Encrypt=True`,
    ],
    counterExamples: [
      () => 'Server=localhost;Database=gate;User ID=sa;Password={your_password};',
      () => 'Server=db;Uid={user};Pwd={settings.pwd};',
      () => 'conn = "Server=db;Password=" + entered + ";Encrypt=True";',
      () => 'Server=db;Pwd=password;',
      () => 'if (a == b) return c;password = next;',
    ],
  },
  {
    id: 'secrets.libpq-password',
    provider: 'PostgreSQL',
    what: 'password in a connection string of keywords and values',
    keywords: [' password='],
    pattern:
      /(?<=(?:host|hostaddr|user|dbname|port|sslmode)=[^\s'"=]{1,60}) password=(?<secret>(?!')[^\s'"\x60,;&<>(){}\\]{4,80}|(?<=')[^'"\n]{4,80}(?='))(?![(\w])/,
    breadth: 1,
    severity: 'critical',
    confidence: 'medium',
    check: checkTypedPassword,
    remedy: CHANGE,
    source: 'PostgreSQL documentation, libpq, Connection strings',
    examples: [
      () => `connect("host=db1 user=gate password=${sample(BASE62, 12, 'libpq')} dbname=gate")`,
      () => 'dsn = "host=db1 user=gate password=s3cr3t dbname=gate"',
    ],
    counterExamples: [
      () => 'dsn = "host=db1 user=gate password=password dbname=gate"',
      () => 'dsn = "host=db1 user=gate password=%s dbname=gate"',
      () => 'dsn = "host=db1 user=gate password=###### dbname=gate"',
    ],
  },
];

/** A user name and a password, or a token in their place. */
function checkWebLogin(secret: string): Judgement {
  return secret.includes(':') ? checkWebUserInfo(secret) : checkRandomValue(secret);
}
