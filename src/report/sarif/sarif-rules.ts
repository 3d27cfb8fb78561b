import type { Confidence, Severity } from '../../model/finding.ts';
import { codeText, proseText } from '../markdown-text.ts';
import { worstSeverity } from '../tally.ts';
import { sarifText } from './sarif-text.ts';

/** What a result says of its rule. */
export interface RuleUse {
  readonly id: string;
  readonly check: string;
  readonly level: SarifLevel;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly remedy: string;
}

export type SarifLevel = 'error' | 'warning' | 'note';

/** GitHub's bands: over 9.0 critical, from 7.0 high, from 4.0 medium, above 0 low. */
const SECURITY_SEVERITY: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.5',
  info: '0.0',
};

const PRECISION: Readonly<Record<Confidence, string>> = {
  verified: 'very-high',
  high: 'high',
  medium: 'medium',
  low: 'low',
};

const LEVELS: readonly SarifLevel[] = ['error', 'warning', 'note'];

/** One descriptor for each rule that results name, in the order of their ids. */
export function rulesOf(named: readonly RuleUse[]) {
  const uses = Map.groupBy(named, ({ id }) => id);
  return [...uses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, all]) => descriptorOf(id, all));
}

function descriptorOf(id: string, uses: readonly RuleUse[]) {
  const [first] = uses;
  const title = titleOf(id);
  const remedy = first?.remedy ?? '';
  return {
    id,
    name: title,
    shortDescription: { text: title },
    fullDescription: { text: `${title}: found by the check ${sarifText(first?.check ?? id)} of pratique.` },
    help: {
      text: `${sarifText(remedy)}. To accept it for a while, put an exception for ${sarifText(id)} with reason, owner and date into the policy.`,
      markdown: `${proseText(remedy, 2000)}.\n\nTo accept it for a while, put an exception for ${codeText(id)} with reason, owner and date into the policy.`,
    },
    defaultConfiguration: {
      level: LEVELS.find((level) => uses.some((use) => use.level === level)) ?? 'warning',
    },
    properties: {
      tags: ['security', 'container', sarifText(first?.check ?? id)],
      precision: PRECISION[first?.confidence ?? 'low'],
      'security-severity': SECURITY_SEVERITY[worstSeverity(uses.map(({ severity }) => severity))],
    },
  };
}

/** `secrets.aws-access-key` → `Secrets: aws access key`. */
function titleOf(id: string): string {
  const words = sarifText(id).replace('.', ': ').replace(/[-_]/g, ' ');
  return words === '' ? 'A rule without a name' : words.charAt(0).toUpperCase() + words.slice(1);
}
