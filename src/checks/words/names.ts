import type { CheckWords } from '../check-words.ts';

/** What is told of the checks of names. */
export const NAME_WORDS: Readonly<Record<string, CheckWords>> = {
  'name.allowed': {
    what:
      'The name is held against `sources` of the policy: deny beats allow, and what no line allows is ' +
      'refused.',
    why:
      'Most malicious images come under the names of publishers that nobody chose. A list of those who were ' +
      'chosen stops them, before a byte is sent.',
    evidence:
      'The name, and the pattern or the line of an allow-list that decided. Rules: `name.denied`, ' +
      '`name.not-allowed`, `name.undigested`.',
    remedy:
      'Use an allowed image, or have the owner of an allow-list add a line with a reason and a last day.',
    settings:
      '`sources.allow`, `sources.deny`, `sources.allow-lists`, `sources.require-digest` (`always` demands a ' +
      'digest in every name; `deploy` only in `pratique admit`). Without `sources` every name passes. A ' +
      'folder or archive has no name: say `--as NAME`, or it stays undecided. A tag beside a digest is ' +
      'compared as it stands, and is only a claim: what is pulled is the digest. Default level: fail.',
  },
  'name.lookalike': {
    what:
      'The name imitates a protected one or a known registry: `docker.io/librarry/nginx`, ' +
      '`ghrc.io/acme/app`, `ghcr.io.example.com/acme/app`. Compared are hosts, namespaces and official ' +
      'names: letters that look alike, typing errors, separators, and words put on (`official-`, `-inc`).',
    why:
      'A mistyped host receives the credentials of whoever pulls; a mistyped namespace serves somebody ' +
      "else's image. The check runs on the name alone, before any contact. Token servers and redirects that " +
      'a registry names are judged as the hosts of names are: one that imitates a known registry is not ' +
      'spoken to, and the image is undecided; at level warn it is a note. `--allow-realm HOST` lets a token ' +
      'server pass.',
    evidence:
      'The name that may be meant, in what the two are alike, and how sure that is: `high` and `medium` are ' +
      'findings of `name.lookalike`; `low` (an unknown namespace like a known one that does not have this ' +
      'repository, an official name under an unknown publisher) of `name.lookalike-hint`, which only warns.',
    remedy:
      'Correct the name. If it is right, allow it by host and namespace in `sources`: what the policy ' +
      "allows so is nobody's imitation.",
    settings:
      '`lookalikes.protect` (lists and names; `builtin:popular-500` where nothing is said), ' +
      '`lookalikes.max-distance` (1, or 2 for two errors in names of eight letters and more), ' +
      '`lookalikes.action` (the level of this check). Default level: fail. Of 1,094 legitimate names, each ' +
      'judged by a list without its namespace, 0 are high and 5 medium; see docs/measured/names.md. It ' +
      'complements `sources` and does not replace them: of known malicious images most imitate nobody.',
  },
  'hygiene.pinned-reference': {
    what:
      'The name has no tag or the tag `latest` (`hygiene.latest-tag`, medium), or it has a tag and no ' +
      'digest (low). A folder or archive has nothing that could move.',
    why: 'What was judged today need not be what the name stands for when it is pulled.',
    evidence: 'The name. It is a property of the name, not of the image.',
    remedy:
      'Deploy by the digest that the verdict tells, or pin it in the Dockerfile: `FROM debian:12@sha256:…`.',
    settings: 'Level only; `sources.require-digest` demands digests by name. Default level: warn.',
  },
};
