import type { SecretRule } from '../rule.ts';
import { isRandomValue } from '../validators/random-value.ts';
import { BASE64, token } from './pattern.ts';
import { BASE64_LETTERS, HEX, join, LOWER_ALNUM, sample } from './sample.ts';

/** What lets machines into a cluster, and opens its stores. */
export const CLUSTER_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.k3s-token',
    provider: 'k3s, RKE2',
    what: 'token with which nodes join a k3s or RKE2 cluster',
    keywords: [...'0123456789abcdef'].map((digit) => `K10${digit}`),
    pattern: token('K10[0-9a-f]{64}::(?:server|node):[0-9A-Za-z._-]{6,128}'),
    severity: 'critical',
    confidence: 'high',
    minEntropy: 3,
    remedy: 'Rotate it with `k3s token rotate`',
    source: 'k3s documentation, k3s token',
    examples: [() => join('K1', '0', sample(HEX, 64, 'k3s'), '::server:', sample(HEX, 32, 'k3s server'))],
    counterExamples: [() => 'K10<ca hash>::server:<password>'],
  },
  {
    id: 'secrets.kubernetes-bootstrap-secret',
    provider: 'Kubernetes',
    what: 'Kubernetes bootstrap token in a manifest',
    keywords: ['token-secret:'],
    pattern: /token-secret:[ ]{0,4}["']?(?<secret>[a-z0-9]{16})(?![A-Za-z0-9=])/,
    severity: 'high',
    confidence: 'high',
    minEntropy: 2.8,
    remedy: 'Delete the token with `kubeadm token delete`',
    source: 'Kubernetes documentation, Bootstrap token Secret format',
    examples: [() => `  token-id: quay01\n  token-secret: ${sample(LOWER_ALNUM, 16, 'bootstrap')}\n`],
    counterExamples: [() => 'token-secret: $SECRET', () => 'token-secret: xxxxxxxxxxxxxxxx'],
  },
  {
    id: 'secrets.vault-unseal-key',
    provider: 'HashiCorp Vault',
    what: 'Vault unseal or recovery key',
    keywords: ['Unseal Key', 'Recovery Key', 'operator unseal ', 'unseal_key'],
    pattern: new RegExp(
      `(?:(?:Unseal|Recovery) Key(?: [0-9]{1,2})?:[ ]{1,4}|operator unseal |unseal_keys?(?:_b64)?["']?[=:][ ]?\\[?["']?)(?<secret>[A-Za-z0-9+/]{43,44}={0,1}|[0-9a-f]{64,66})(?!${BASE64})`,
    ),
    severity: 'critical',
    confidence: 'high',
    minEntropy: 3.2,
    remedy: 'Make new keys with `vault operator rekey`',
    source: 'Vault documentation, operator init; operator unseal',
    examples: [
      () => `Unseal Key 1: ${sample(BASE64_LETTERS, 44, 'unseal')}`,
      () => `vault operator unseal ${sample(BASE64_LETTERS, 44, 'unseal 2')}`,
    ],
    counterExamples: [() => 'Unseal Key 1: <key>', () => 'vault operator unseal $KEY'],
  },
  {
    id: 'secrets.vault-long-token',
    provider: 'HashiCorp Vault',
    what: 'Vault service token of the older form, in an argument',
    keywords: ['vaultToken s.', 'VAULT_TOKEN s.', 'Root Token: s.', 'vault login s.'],
    pattern:
      /(?:vaultToken|VAULT_TOKEN|Root Token:|vault login) (?<secret>s\.[A-Za-z0-9_-]{24,200})(?![A-Za-z0-9_-])/i,
    breadth: 1,
    severity: 'critical',
    confidence: 'high',
    minEntropy: 3.4,
    remedy: 'Revoke the token with `vault token revoke`',
    source: 'Vault documentation, Tokens, token prefixes',
    examples: [() => `Initial Root Token: ${join('s', '.', sample(LOWER_ALNUM, 24, 'root token'))}`],
    counterExamples: [() => 'vault login s.example'],
  },
  {
    id: 'secrets.etcd-login',
    provider: 'etcd',
    what: 'user name and password for etcd',
    keywords: ['ETCDCTL_USER', 'etcdctl '],
    pattern:
      /(?:ETCDCTL_USER=["']?|etcdctl (?:(?!etcdctl)[^\n]){0,160}?--user[ =]["']?)[\w.-]{1,40}:(?<secret>[^\s"'`;&|<>$]{4,100})/,
    breadth: 1,
    severity: 'critical',
    confidence: 'medium',
    minEntropy: 2.5,
    remedy: 'Change the password with `etcdctl user passwd`, and hand it in at run time',
    source: 'etcd documentation, Role-based access control',
    examples: [() => `ETCDCTL_USER=root:${sample(LOWER_ALNUM, 14, 'etcd')}`],
    counterExamples: [() => 'etcdctl --user root:$PASSWORD get x', () => 'ETCDCTL_USER=root'],
  },
  {
    id: 'secrets.consul-gossip-key',
    provider: 'HashiCorp Consul, Nomad, Serf',
    what: 'key that encrypts the gossip of a cluster',
    keywords: ['encrypt = "', '"encrypt": "', '"encrypt":"', '-encrypt=', '-encrypt '],
    pattern:
      /(?:-encrypt[ =]["']?|"?encrypt"? ?[=:] ?")(?<secret>[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{22}==)(?![A-Za-z0-9+/=])/,
    severity: 'high',
    confidence: 'high',
    minEntropy: 3.6,
    check: checkGossipKey,
    remedy: 'Rotate it with `consul keyring` or `nomad operator gossip keyring`',
    source: 'Consul documentation, Gossip encryption',
    examples: [() => `encrypt = "${Buffer.from(sample(BASE64_LETTERS, 32, 'gossip')).toString('base64')}"`],
    counterExamples: [() => `encrypt = "${'A'.repeat(43)}="`],
  },
  {
    id: 'secrets.erlang-cookie',
    provider: 'RabbitMQ, CouchDB, Erlang',
    what: 'cookie that lets nodes into an Erlang cluster',
    keywords: ['ERLANG_COOKIE', '-setcookie '],
    pattern:
      /(?:ERLANG_COOKIE["']?[ ]{0,3}[=:][ ]{0,3}["']?|-setcookie )(?<secret>[A-Za-z0-9_.+/-]{16,255}={0,2})(?![\w$=])/,
    breadth: 1,
    severity: 'critical',
    confidence: 'medium',
    minEntropy: 3.2,
    check: checkCookie,
    remedy: 'Make a new cookie, and mount it at run time: who has it runs code on each node',
    source: 'Erlang documentation, Distributed Erlang, Security',
    examples: [() => `RABBITMQ_ERLANG_COOKIE=${sample('ABCDEFGHIJKLMNOPQRSTUVWXYZ', 20, 'cookie')}`],
    counterExamples: [() => 'RABBITMQ_ERLANG_COOKIE=$COOKIE', () => '-setcookie secretcookie'],
  },
];

function checkGossipKey(secret: string): 'plausible' | 'refuted' {
  return new Set(Buffer.from(secret, 'base64')).size >= 10 ? 'plausible' : 'refuted';
}

/** Erlang makes cookies of twenty capitals; others take what is random. */
function checkCookie(secret: string): 'plausible' | 'refuted' {
  return /^[A-Z]{20}$/.test(secret) || isRandomValue(secret) ? 'plausible' : 'refuted';
}
