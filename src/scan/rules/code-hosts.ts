import type { SecretRule } from '../rule.ts';
import { base62Checksum, checkBase36Tail, checkBase62Tail, checkHexTail } from '../validators/checksum.ts';
import { checkTokenBody } from '../validators/token-body.ts';
import { ALNUM, token, URL64 } from './pattern.ts';
import { BASE62, encodeJson, HEX, join, LOWER_ALNUM, sample, URL_SAFE } from './sample.ts';

function githubToken(prefix: string, seed: string): string {
  const entropy = sample(BASE62, 30, seed);
  return join('gh', prefix, '_', entropy, base62Checksum(entropy, 6));
}

/** Forges of source code and the build services around them. */
export const CODE_HOST_RULES: readonly SecretRule[] = [
  {
    id: 'secrets.github-token',
    provider: 'GitHub',
    what: 'GitHub token (personal, OAuth, app or refresh)',
    keywords: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    pattern: token('gh[pousr]_[A-Za-z0-9]{36}(?:[A-Za-z0-9]{40})?'),
    severity: 'critical',
    confidence: 'medium',
    check: checkBase62Tail,
    remedy:
      'Revoke the token in GitHub, under Developer settings, and give the build its token as a secret mount',
    source: "GitHub blog, Behind GitHub's new authentication token formats, 2021",
    examples: [
      () => `GITHUB_TOKEN=${githubToken('p', 'github 1')}`,
      () => `{"oauth_token": "${githubToken('o', 'github 2')}"}`,
      () => `git clone https://x-access-token:${githubToken('s', 'github 3')}@github.com/acme/app`,
      () => join('gh', 'r_', sample(BASE62, 76, 'github 4')),
    ],
    counterExamples: [
      () => join('gh', 'p_', 'x'.repeat(36)),
      () => join('gh', 'p_', sample(BASE62, 35, 'github short')),
      () => join('my_gh', 'p_', sample(BASE62, 36, 'github inside')),
      () => join('gh', `p_\${`, sample(BASE62, 33, 'github variable'), '}'),
    ],
  },
  {
    id: 'secrets.github-app-token',
    provider: 'GitHub',
    what: 'GitHub app installation token that carries a JWT',
    keywords: ['ghs_'],
    pattern: token(
      String.raw`ghs_[0-9]{1,12}_eyJ[A-Za-z0-9_-]{10,800}\.eyJ[A-Za-z0-9_-]{10,1200}\.[A-Za-z0-9_-]{20,800}`,
      URL64,
    ),
    severity: 'high',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Let the token expire (one hour) and mint it at run time instead of baking it in',
    source: 'GitHub documentation, Authenticating as a GitHub App installation',
    examples: [
      () =>
        join(
          'gh',
          's_',
          '20417_',
          encodeJson({ alg: 'RS256', typ: 'JWT' }),
          '.',
          encodeJson({ iat: 1745568000, iss: '20417' }),
          '.',
          sample(URL_SAFE, 86, 'github app'),
        ),
    ],
    counterExamples: [() => join('gh', 's_', '20417_', sample(BASE62, 40, 'github app not'))],
  },
  {
    id: 'secrets.github-fine-grained-token',
    provider: 'GitHub',
    what: 'GitHub fine-grained personal access token',
    keywords: ['github_pat_'],
    pattern: token('github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}'),
    severity: 'critical',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy:
      'Revoke the token in GitHub, under Developer settings, and give the build its token as a secret mount',
    source: 'GitHub documentation, About authentication to GitHub, token formats',
    examples: [
      () =>
        `token: ${join('github', '_pat_', sample(BASE62, 22, 'fine 1'), '_', sample(BASE62, 59, 'fine 2'))}`,
    ],
    counterExamples: [
      () => join('github', '_pat_', sample(BASE62, 22, 'fine 1'), '_', sample(BASE62, 40, 'fine 2')),
      () =>
        join('github', '_pat_', 'EXAMPLE', sample(BASE62, 15, 'fine 3'), '_', sample(BASE62, 59, 'fine 2')),
    ],
  },
  {
    id: 'secrets.gitlab-token',
    provider: 'GitLab',
    what: 'GitLab access token',
    keywords: [
      'glpat-',
      'gldt-',
      'glptt-',
      'glft-',
      'glagent-',
      'glimt-',
      'gloas-',
      'glffct-',
      'glsoat-',
      'glcbt-',
      'glrt-',
      'glwt-',
    ],
    pattern: token(
      '(?:gl(?:pat|dt|ft|ffct|soat|rt|wt)-[A-Za-z0-9_-]{20,22}|glrt-t[0-9]_[A-Za-z0-9_-]{20,300}\\.[0-9a-z]{2}[0-9a-z]{7}|glptt-[0-9a-f]{40}|glimt-[A-Za-z0-9_-]{25}|glagent-[A-Za-z0-9_-]{48,64}|gloas-[A-Za-z0-9]{62,66}|glcbt-[A-Za-z0-9]{1,5}_[A-Za-z0-9_-]{20})',
      '[A-Za-z0-9_]|[.-][A-Za-z0-9]',
    ),
    severity: 'critical',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Revoke the token in GitLab, under Access tokens, and pass it as a masked variable',
    source: 'GitLab documentation, Token overview, prefixes',
    examples: [
      () => `GO_REPO_TOKEN=${join('gl', 'pat-', sample(URL_SAFE, 20, 'gitlab 3'))}`,
      () => join('gl', 'ptt-', sample(HEX, 40, 'gitlab 2')),
      () => join('gl', 'cbt-', '64_', sample(BASE62, 20, 'gitlab 4')),
    ],
    counterExamples: [
      () => join('gl', 'pat-', '<your-token>'),
      () => join('gl', 'pat-', sample(BASE62, 12, 'gitlab short')),
      () => join('gl', 'dt-', '_'.repeat(20)),
    ],
  },
  {
    id: 'secrets.gitlab-routable-token',
    provider: 'GitLab',
    what: 'GitLab routable access token',
    keywords: ['glpat-', 'glrt-t', 'gldt-', 'glft-', 'glptt-'],
    pattern: token(
      String.raw`gl(?:pat|rt|dt|ft|ptt)-(?:t[0-9]_)?[A-Za-z0-9_-]{27,300}\.[0-9a-z]{2}\.[0-9a-z]{2}[0-9a-z]{7}`,
    ),
    severity: 'critical',
    confidence: 'medium',
    check: checkBase36Tail,
    remedy: 'Revoke the token in GitLab, under Access tokens, and pass it as a masked variable',
    source: 'GitLab design document, Routable tokens',
    examples: [
      () => {
        const body = join('gl', 'pat-', sample(URL_SAFE, 32, 'gitlab routable'), '.01.', '0w');
        return `token = "${body}${sample(LOWER_ALNUM, 7, 'gitlab crc')}"`;
      },
    ],
    counterExamples: [() => join('gl', 'pat-', sample(URL_SAFE, 32, 'gitlab routable'), '.0.1')],
  },
  {
    id: 'secrets.gitlab-runner-registration',
    provider: 'GitLab',
    what: 'GitLab runner registration token',
    keywords: ['GR1348941'],
    pattern: token('GR1348941[A-Za-z0-9_-]{20}', URL64),
    severity: 'high',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Reset the registration token in GitLab and register runners with authentication tokens',
    source: 'GitLab documentation, Token overview, prefixes',
    examples: [() => `--registration-token ${join('GR13', '48941', sample(URL_SAFE, 20, 'runner'))}`],
    counterExamples: [() => join('GR13', '48941', sample(URL_SAFE, 8, 'runner'))],
  },
  {
    id: 'secrets.atlassian-token',
    provider: 'Atlassian',
    what: 'Atlassian or Bitbucket API token',
    keywords: ['ATATT3', 'ATCTT3', 'ATBB'],
    pattern: token(
      '(?:ATATT3[A-Za-z0-9_-]{100,240}=[0-9A-F]{8}|ATCTT3[A-Za-z0-9_-]{100,240}=[0-9A-F]{8}|ATBB[A-Za-z0-9]{32})',
    ),
    severity: 'high',
    confidence: 'medium',
    check: checkHexTail,
    remedy: 'Revoke the token in the Atlassian account, under Security',
    source: 'Atlassian support, API token formats',
    examples: [
      () =>
        `JIRA_API_TOKEN=${join('ATA', 'TT3', sample(URL_SAFE, 180, 'jira'), '=', sample('0123456789ABCDEF', 8, 'jira'))}`,
      () => join('AT', 'BB', sample(BASE62, 24, 'bitbucket'), sample('0123456789ABCDEF', 8, 'bitbucket')),
    ],
    counterExamples: [() => join('AT', 'BB', sample(BASE62, 12, 'bitbucket'))],
  },
  {
    id: 'secrets.sourcegraph-token',
    provider: 'Sourcegraph',
    what: 'Sourcegraph access token',
    keywords: ['sgp_'],
    pattern: token('sgp_(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40}'),
    severity: 'high',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Delete the token in Sourcegraph, under Access tokens',
    source: 'Sourcegraph documentation, Access tokens',
    examples: [() => `SRC_ACCESS_TOKEN=${join('sg', 'p_', sample(HEX, 40, 'sourcegraph'))}`],
    counterExamples: [() => join('sg', 'p_', sample(HEX, 20, 'sourcegraph'))],
  },
  {
    id: 'secrets.circleci-token',
    provider: 'CircleCI',
    what: 'CircleCI API token',
    keywords: ['CCIPAT_', 'CCIPRJ_'],
    pattern: token('CCI(?:PAT|PRJ)_[A-Za-z0-9]{20,26}_[A-Za-z0-9]{38,64}'),
    severity: 'high',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Delete the token in CircleCI, under Personal API tokens or Project settings',
    source: 'CircleCI documentation, Managing API tokens',
    examples: [() => join('CCI', 'PAT_', sample(BASE62, 22, 'circle'), '_', sample(HEX, 40, 'circle'))],
    counterExamples: [
      () => join('CCI', 'PAT_', sample(BASE62, 22, 'circle'), '_', sample(HEX, 10, 'circle')),
    ],
  },
  {
    id: 'secrets.buildkite-token',
    provider: 'Buildkite',
    what: 'Buildkite API, agent or cluster token',
    keywords: ['bkua_', 'bkaa_', 'bkct_', 'bkpt_', 'bkaj_'],
    pattern: token('bk(?:ua|aa|ct|pt|aj)_[A-Za-z0-9_-]{40,64}', ALNUM),
    severity: 'high',
    confidence: 'high',
    check: checkTokenBody,
    checkDecides: true,
    remedy: 'Revoke the token in Buildkite, under API access tokens or the agent settings',
    source: 'Buildkite documentation, Token security',
    examples: [() => `BUILDKITE_API_TOKEN=${join('bk', 'ua_', sample(HEX, 40, 'buildkite'))}`],
    counterExamples: [() => join('bk', 'ua_', sample(HEX, 12, 'buildkite'))],
  },
];
