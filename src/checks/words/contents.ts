import type { CheckWords } from '../check-words.ts';

/** What is told of the checks of what the bytes hold. */
export const CONTENT_WORDS: Readonly<Record<string, CheckWords>> = {
  secrets: {
    what:
      'Private keys, tokens and passwords in files of any layer, also in files that a later layer deletes, ' +
      'and in the configuration (environment, labels, history).',
    why: 'Whoever can pull the image has the secret; deleting the file in a later layer does not take it back.',
    evidence:
      'The kind of secret, layer and build step, path and offset, whether the file is still visible; a ' +
      'fingerprint that is the same in the next run. Never the secret. Rules: `secrets.` and a kind.',
    remedy: 'Revoke the secret, then build without it; use build secrets that leave no layer.',
    settings:
      'Levels by kind. Default level: fail; hints only warn. `own-packages` names packages whose files are ' +
      'your own work.',
  },
  miners: {
    what:
      'Cryptocurrency miners: programs, packed ones as well, their settings and scripts, what keeps and ' +
      'hides them, and command lines that start them.',
    why: 'Planted miners are the most common malware in public images.',
    evidence:
      'Signs of these families, gathered for each file or field and weighed together: identity, protocol, ' +
      'RPC verbs, algorithms, pool, wallet, configuration, command line, persistence. A finding lists its ' +
      'signs; no single one convicts. What names things (a scheme, a pool, an option) weighs less than what ' +
      'says what to do: a scheme with a host, a pool with a port, an option or a key with its value, a ' +
      'wallet behind an option. Wallets count with a valid checksum only (Monero, Bitcoin, Ethereum in ' +
      'mixed case), never alone, and not at all where everybody is asked to give there. Rules: `miners.` ' +
      'and a kind.',
    remedy: 'Do not run the image; find out where the layer came from.',
    settings:
      'Levels by rule. Default level: fail; what has low confidence only warns. What is measured stands in ' +
      '[measured/miners.md](measured/miners.md).',
    more: {
      'Rules and manuals':
        'A file of detection rules is known by lines that begin like those of YARA, Sigma, Falco, Snort, ' +
        'Suricata, Nuclei or Elastic; a manual by its name or folder. Neither saves a program, what begins ' +
        'with `#!`, what cron or systemd run, or an object of JSON: words in a comment or a key do not hide ' +
        'a miner.',
      'Not seen':
        'Evidence that is spread over several files, as an entrypoint here and a pool there; other ' +
        'scrambling than base64 and UPX; a program of which nothing is known but that it computes.',
    },
  },
  yara: {
    what:
      'Files that match YARA rules of your own ([`yara`](policy.md#yara-rules) in the policy). Without them ' +
      'the check is not run.',
    why: 'Who knows a threat has it as a YARA rule first.',
    evidence:
      'The rule, its file, the names of the patterns that matched and where they stand; never the bytes. ' +
      "Rules: `yara.` and the rule's name in lower case with dashes. `yara.unscanned`: a file was larger " +
      'than `limits.yara-file-bytes`, with `larger-files: tell`; it fails nothing unless it is set to ' +
      '`fail`.',
    remedy: 'Find out how the file came into the image; mend the rule if the file is wanted.',
    settings:
      "Levels by rule; severity from the rule's meta. Default level: fail. A finding in a package's file is " +
      'not demoted. What the engine could not look at leaves the check undecided; an archive that could not ' +
      'be opened is told by `secrets.unscanned`.',
  },
};
