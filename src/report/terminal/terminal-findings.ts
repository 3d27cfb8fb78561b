import type { Finding } from '../../model/finding.ts';
import { formatBuildStep } from '../build-step.ts';
import { WEIGHT_MARKS } from '../faces.ts';
import { foreign } from '../foreign.ts';
import { packageWords } from '../package-words.ts';
import { fateWords, layerWords, SURE, spotWords, VOUCHED, WHOSE } from '../place-words.ts';
import { formatCount, plural } from '../size.ts';
import { byGravity, type Entry, WEIGHTS, type Weight } from '../tally.ts';
import { type Drawing, shortDigest } from './drawing.ts';
import type { Style } from './paint.ts';

const SHOWN = 15; // findings of one image; the gravest
const SHOWN_VERBOSE = 500;

const STYLES: Readonly<Record<Weight, Style>> = {
  enforced: 'bad',
  warned: 'warned',
  demoted: 'dim',
  excepted: 'dim',
};

/**
 * The findings, by the place they were made in: first the places with something that refuses the image; among
 * them name and signatures, configuration, then the layers from the bottom up.
 */
export function drawFindings(drawing: Drawing, entries: readonly Entry[]): void {
  const { card, verbose } = drawing;
  const gravest = entries.filter(({ weight }) => verbose || weight !== 'demoted').sort(byGravity);
  const shown = gravest.slice(0, verbose ? SHOWN_VERBOSE : SHOWN);
  for (const { title, detail, step, members } of placesOf(shown, drawing)) {
    card.blank();
    card.heading({ text: title, style: 'strong' }, { text: detail, style: 'dim' });
    if (step !== undefined) card.row({ text: '' }, { text: step, style: 'dim' });
    for (const [index, entry] of members.entries()) {
      if (index > 0 || step !== undefined) card.blank();
      drawEntry(drawing, entry);
    }
  }
  const more = gravest.slice(shown.length);
  if (more.length === 0) return;
  card.blank();
  card.row(
    { text: `… ${formatCount(more.length)} more`, style: 'strong' },
    { text: `${weights(more)}; see -o json`, style: 'dim' },
  );
}

interface Place {
  readonly key: string;
  readonly order: readonly [kind: number, platform: string, layer: number];
  readonly title: string;
  /** digest and platform, beside the title */
  readonly detail: string;
  readonly step?: string;
}

interface FilledPlace extends Place {
  readonly members: Entry[];
}

function placesOf(entries: readonly Entry[], drawing: Drawing): readonly FilledPlace[] {
  const places = new Map<string, FilledPlace>();
  for (const entry of entries) {
    const place = placeOf(entry, drawing);
    const same = places.get(place.key);
    if (same === undefined) places.set(place.key, { ...place, members: [entry] });
    else same.members.push(entry);
  }
  return [...places.values()].sort(inOrder);
}

function placeOf({ finding, images }: Entry, { verdict, verbose }: Drawing): Place {
  const { layer, field, path } = finding.where;
  const everywhere = images.length === verdict.images.length;
  const platform = everywhere ? '' : images.map((image) => image.platform ?? '').join(', ');
  const on = platform === '' ? [] : [foreign(platform, 120)];
  if (layer === undefined) {
    const kind = field === undefined && path === undefined ? 0 : 1;
    const title = kind === 0 ? 'name and signatures' : field === undefined ? 'files' : 'image configuration';
    return { key: JSON.stringify([title, platform]), order: [kind, platform, 0], title, detail: on.join() };
  }
  const total = images[0]?.scanned?.layers;
  const title = layerWords(layer.index, total);
  const whose = layer.from === undefined ? [] : [WHOSE[layer.from]];
  const detail = [verbose ? layer.digest : shortDigest(layer.digest), ...whose, ...on].join(' · ');
  const step = foreign(formatBuildStep(layer.createdBy ?? ''), verbose ? 2000 : 200);
  const key = JSON.stringify([layer.index, layer.digest, platform]);
  return { key, order: [2, platform, layer.index], title, detail, ...(step === '' ? {} : { step }) };
}

function inOrder(a: FilledPlace, b: FilledPlace): number {
  // what refuses the image comes first; members are in order of gravity already
  const weight = weightOf(a) - weightOf(b);
  if (weight !== 0) return weight;
  const [kindA, platformA, layerA] = a.order;
  const [kindB, platformB, layerB] = b.order;
  if (kindA !== kindB) return kindA - kindB;
  return platformA === platformB ? layerA - layerB : platformA < platformB ? -1 : 1;
}

function weightOf({ members }: FilledPlace): number {
  return WEIGHTS.indexOf(members[0]?.weight ?? 'excepted');
}

function drawEntry({ card, verbose }: Drawing, { finding, weight, excepted }: Entry): void {
  const style = STYLES[weight];
  const quiet = weight === 'excepted' || weight === 'demoted';
  const beside = { labelCells: 10 };
  const put = (text: string, textStyle: Style) => card.row({ text: '' }, { text, style: textStyle }, beside);
  card.row(
    { text: `${WEIGHT_MARKS[weight]} ${finding.severity}`, style },
    { text: foreign(finding.message), style: quiet ? 'dim' : 'plain' },
    beside,
  );
  const place = spotWords(finding.where);
  if (place !== '') put(place, quiet ? 'dim' : 'strong');
  const fate = fateWords(finding.where);
  if (fate !== '') put(fate, 'dim');
  if (finding.package !== undefined) put(packageClause(finding), 'dim');
  if (excepted === undefined)
    card.row({ text: '' }, { text: `→ ${foreign(finding.remedy)}`, style: 'accent' }, { ...beside, hang: 2 });
  else put(exceptionWords(excepted), 'warned');
  const rule = foreign(finding.rule, 80);
  put(
    `${rule} · ${SURE[finding.confidence]}${verbose ? ` · ${foreign(finding.fingerprint, 80)}` : ''}`,
    'dim',
  );
}

function packageClause({ package: owner, demoted }: Finding): string {
  if (owner === undefined) return '';
  return `${demoted === true ? 'demoted: ' : ''}${VOUCHED[owner.by]} ${packageWords(owner)}`;
}

function exceptionWords({ reason, owner, until }: NonNullable<Entry['excepted']>): string {
  return `excepted until ${foreign(until, 40)} by ${foreign(owner, 100)}: ${foreign(reason, 300)}`;
}

function weights(entries: readonly Entry[]): string {
  const words = WEIGHTS.map((weight) => {
    const count = entries.filter((entry) => entry.weight === weight).length;
    return count === 0 ? '' : `${plural(count, 'finding')} ${weight}`;
  });
  return words.filter((word) => word !== '').join(', ');
}
