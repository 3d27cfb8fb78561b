import type { JudgedReference, ReferenceRemark } from '../../model/named-reference.ts';
import { formatReference } from '../../model/reference.ts';
import { toJsonText } from '../json-text.ts';
import { entriesOf } from '../tally.ts';
import { type ReferencesReport, tallyReferences } from './references-report.ts';

const REFERENCES_SCHEMA = 'https://pratique.dev/schema/refs-v1.json';

/**
 * The names of a repository for programs: `schema/refs-v1.json`. Version 1 may gain fields; readers leave alone what they do not know.
 * Foreign texts are as they were.
 */
export function renderReferencesJson(report: ReferencesReport): string {
  const { found, judged, policy, pratique } = report;
  const { result, ...counts } = tallyReferences(report);
  return toJsonText({
    schema: REFERENCES_SCHEMA,
    version: 1,
    result,
    counts: { references: judged.length, ...counts },
    files: { listed: found.files.listed, read: found.files.read },
    references: judged.map(referenceOf),
    unread: found.unread.map(remarkOf),
    elsewhere: found.elsewhere.map(remarkOf),
    notes: [...found.notes],
    policy: { name: policy.name, digest: policy.digest, origin: policy.origin },
    pratique,
  });
}

function referenceOf({ named, result, verdict }: JudgedReference) {
  const { file, line, column, kind, role, text, reference, why, range } = named;
  return {
    file,
    line,
    column,
    kind,
    role,
    text,
    ...(reference && { reference: formatReference(reference) }),
    ...(why === undefined ? {} : { why }),
    fixable: range !== undefined && reference?.digest === undefined,
    result,
    findings: (verdict === undefined ? [] : entriesOf(verdict)).map(({ check, finding, weight }) => ({
      check,
      rule: finding.rule,
      severity: finding.severity,
      weight,
      message: finding.message,
      remedy: finding.remedy,
    })),
    faults: (reference === undefined ? [] : (verdict?.faults ?? [])).map(({ code, message }) => ({
      code,
      message,
    })),
  };
}

function remarkOf({ file, line, column, text }: ReferenceRemark) {
  return { file, line, column, text };
}
