import type { ScanCounts, Verdict } from '../../model/verdict.ts';
import { foreign } from '../foreign.ts';
import { formatSize, plural } from '../size.ts';
import { type Drawing, shortDigest } from './drawing.ts';

const NOTES_SHOWN = 5;

/** What was looked at, under which policy, and by what: so that "nothing found" means something. */
export function drawFooting({ card, verdict, verbose }: Drawing): void {
  const digest = (text: string) => (verbose ? text : shortDigest(text));
  const put = (label: string, text: string) =>
    card.row({ text: label, style: 'dim' }, { text, style: 'dim' }, { labelCells: 9 });
  card.blank();
  put('looked at', lookedAt(verdict));
  if (verdict.leftOut.length > 0) {
    put(
      'left out',
      `${verdict.leftOut.map((name) => foreign(name, 60)).join(', ')}: not asked for, not judged`,
    );
  }
  put('policy', `${policyWords(verdict)} · ${digest(verdict.policy.digest)}`);
  const at = foreign(verdict.at, 40).replace(/\.\d+Z$/, 'Z');
  put('by', `pratique ${foreign(verdict.pratique, 40)} · rules ${digest(verdict.ruleSet)}`);
  put('at', `${at}${duration(verdict)}`);
  const notes = verdict.notes.slice(0, verbose ? undefined : NOTES_SHOWN);
  for (const note of notes) put('note', foreign(note));
  const more = verdict.notes.length - notes.length;
  if (more > 0) put('note', `${plural(more, 'more note')}; see -o json`);
  card.blank();
}

function lookedAt({ images }: Verdict): string {
  const scans = images.flatMap(({ scanned }) => (scanned === undefined ? [] : [scanned]));
  if (scans.length === 0) return 'no layer was read';
  const sum = (field: keyof ScanCounts) => scans.reduce((total, scan) => total + scan[field], 0);
  const platforms = images.length === 1 ? '' : `${scans.length} of ${plural(images.length, 'platform')}, `;
  const stored = formatSize(sum('compressedBytes'));
  const more = `${formatSize(sum('expandedBytes'))} unpacked, ${formatSize(sum('contentBytes'))} searched`;
  return `${platforms}${plural(sum('layers'), 'layer')}, ${plural(sum('files'), 'file')}, ${stored} (${more})`;
}

function policyWords({ policy }: Verdict): string {
  const name = foreign(policy.name, 100);
  if (policy.origin !== 'built-in') return `${name} · ${foreign(policy.origin, 300)}`;
  return `${name} · the built-in policy applies: signatures are reported, not demanded`;
}

function duration({ startedAt, at }: Verdict): string {
  const seconds = (Date.parse(at) - Date.parse(startedAt)) / 1000;
  if (!(seconds >= 0)) return ''; // a clock that ran backwards, or no date
  return seconds < 60
    ? `, in ${seconds.toFixed(1)} s`
    : `, in ${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}
