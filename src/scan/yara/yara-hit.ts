import { createHash } from 'node:crypto';
import type { Severity } from '../../model/finding.ts';
import { printable } from '../../model/printable.ts';
import type { Hit } from '../rule.ts';
import type { PatternMatch, YaraMatch } from './yara-messages.ts';
import type { YaraRules } from './yara-rules.ts';

/** The rule under which it is told that a file was too large to be looked at. */
export const YARA_UNSCANNED_RULE = 'yara.unscanned';
const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical'];
/** patterns told of one match */
const SHOWN = 20;

/** `yara.acme-dropper` for the rule `Acme_Dropper`: an id that levels and exceptions can name. */
export function yaraRuleId(name: string): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? ['rule'];
  const id = `yara.${words.join('-')}`;
  return id === YARA_UNSCANNED_RULE ? `${id}-rule` : id;
}

/**
 * A match as a hit. It holds words of the rule and where its patterns stand; of the file's bytes nothing.
 * @param path with secrets cut out
 */
export function yaraHit(match: YaraMatch, path: string, { setting, shown }: YaraRules): Hit {
  const rule = yaraRuleId(match.rule);
  const name = printable(match.rule, 130);
  const patterns = match.patterns.map(describePattern);
  const told = match.severity.toLowerCase() as Severity;
  const listed = patterns.slice(0, SHOWN);
  return {
    check: 'yara',
    rule,
    severity: SEVERITIES.includes(told) ? told : setting.severity,
    confidence: 'high',
    offset: firstOffset(match.patterns),
    message:
      match.description === ''
        ? `the YARA rule ${name} matches`
        : `${printable(match.description, 200)} (YARA rule ${name})`,
    remedy: 'Find out how the file came into the image; mend the rule if the file is wanted',
    args: {
      name,
      file: printable(shown.get(match.space) ?? '', 200),
      ...(listed.length > 0 && { patterns: listed }),
      ...(patterns.length > SHOWN && { morePatterns: patterns.length - SHOWN }),
    },
    fingerprint: fingerprintOf(rule, [
      match.rule,
      path,
      ...match.patterns.map(({ identifier }) => identifier),
    ]),
  };
}

/** Tells of a file that is larger than the rules are run on. */
export function tooLargeHit(path: string, size: number, most: number): Hit {
  return {
    check: 'yara',
    rule: YARA_UNSCANNED_RULE,
    severity: 'info',
    confidence: 'high',
    offset: 0,
    message: `file that the YARA rules were not run on: it has more than ${most} bytes`,
    remedy: 'Raise limits.yara-file-bytes in the policy, or leave the file out of the image',
    args: { bytes: size },
    fingerprint: fingerprintOf(YARA_UNSCANNED_RULE, [path]),
  };
}

/** Where the first pattern stands; 0 for a rule that goes by something else. */
function firstOffset(patterns: readonly PatternMatch[]): number {
  const all = patterns.flatMap(({ offsets }) => offsets);
  return all.length === 0 ? 0 : Math.min(...all);
}

/** `$a at 0, 512, … (37)` */
function describePattern({ identifier, count, offsets }: PatternMatch): string {
  const more = count > offsets.length ? `, … (${count})` : '';
  return printable(`${identifier} at ${offsets.join(', ')}${more}`, 300);
}

function fingerprintOf(rule: string, same: readonly string[]): string {
  const text = `pratique fingerprint v1 ${rule} ${JSON.stringify(same)}`;
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
