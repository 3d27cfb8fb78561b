import { signs } from './row.ts';

const SOURCE = 'how rules are written, in the manual of each language';

/**
 * What files of detection rules are made of, which name everything here without mining; the language stands before the
 * dot. Only at the beginning of a line: as a key of JSON, or in a comment, it makes no rule file.
 */
export const RULE_FILE_SIGNS = signs('rule-file', SOURCE, [
  ['yara.strings', 'strings:', 1, 'line'],
  ['yara.condition', 'condition:', 1, 'line'],
  ['yara.rule', 'rule ', 1, 'line'],
  ['falco.rule', '- rule:', 1, 'line'],
  ['falco.list', '- list:', 1, 'line'],
  ['falco.macro', '- macro:', 1, 'line'],
  ['falco.condition', 'condition:', 1, 'line'],
  ['falco.items', 'items:', 1, 'line'],
  ['falco.output', 'output:', 1, 'line'],
  ['sigma.logsource', 'logsource:', 1, 'line'],
  ['sigma.detection', 'detection:', 1, 'line'],
  ['sigma.condition', 'condition:', 1, 'line'],
  ['snort.alert', 'alert ', 1, 'line'],
  ['snort.drop', 'drop ', 1, 'line'],
  ['snort.id', 'sid:', 1],
  ['snort.message', '(msg:', 1],
  ['nuclei.matchers', 'matchers:', 1, 'line'],
  ['nuclei.id', 'severity:', 1, 'line'],
  ['elastic.rule', '[rule]', 1, 'line'],
  ['elastic.query', 'query = ', 1, 'line'],
]);
