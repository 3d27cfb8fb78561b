import { stringify } from 'yaml';
import { formatImagePattern } from '../../model/image-pattern.ts';
import { printable } from '../../model/printable.ts';
import type { Imported, ImportRemark } from './imported.ts';

/** A remark as a line: `constraint.yaml:7:9: …`. */
export function remarkLine({ place, text }: ImportRemark): string {
  return `${printable(place, 300)}: ${printable(text, 800)}`;
}

/**
 * What was imported, as a policy file. What was not carried over stands above it in comments.
 * @param origin what it was made from, for the first line; foreign
 */
export function writeImported({ allow, deny, signers, images, remarks }: Imported, origin: string): string {
  const patterns = (list: Imported['allow']) => [...new Set(list.map(formatImagePattern))];
  const policy = {
    version: 1,
    sources: { allow: patterns(allow), ...(deny.length > 0 && { deny: patterns(deny) }) },
    ...(signers.size > 0 && { signers: Object.fromEntries(signers) }),
    ...(images.length > 0 && {
      images: images.map(({ match, signedBy, attested }) => ({
        match: formatImagePattern(match),
        ...(signedBy.length > 0 && { 'signed-by': signedBy }),
        ...(attested && { attestations: attested.types.map((type) => ({ type, 'signed-by': attested.by })) }),
      })),
    }),
  };
  const told =
    remarks.length === 0
      ? []
      : ['not carried over, or not as it was:', ...remarks.map((one) => `  ${remarkLine(one)}`)];
  const comments = [`imported from ${printable(origin, 400)}`, ...told].map((line) => `# ${line}\n`);
  return `${comments.join('')}${stringify(policy, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
