import type { JudgedImage } from '../../model/verdict.ts';
import { foreign } from '../foreign.ts';
import { cellsOf, clip } from './columns.ts';
import { type Drawing, shortDigest } from './drawing.ts';
import type { Style } from './paint.ts';
import { checksOf, type Station, type StationState, stationsOf } from './stations.ts';

const FACES: Readonly<Record<StationState, { readonly mark: string; readonly style: Style }>> = {
  passed: { mark: '✔', style: 'good' },
  failed: { mark: '✖', style: 'bad' },
  warned: { mark: '!', style: 'warned' },
  unknown: { mark: '?', style: 'unsure' },
  off: { mark: '–', style: 'dim' },
};

const NAMES_SHOWN = 4; // platforms named over one list of stations

/**
 * The stations of the gate, each with its mark and a clause that fits the line (the whole text stands with the finding).
 * Platforms that came through alike share one list;
 * where they did not, each list is named.
 */
export function drawStations({ card, verdict, verbose }: Drawing): void {
  const groups = grouped(verdict.images, verbose ? checksOf : stationsOf);
  if (groups.length === 0) card.row({ text: '' }, { text: '– no image was judged', style: 'dim' });
  for (const [index, { images, stations }] of groups.entries()) {
    if (groups.length > 1) {
      if (index > 0) card.blank();
      card.row({ text: '' }, { text: platformsOf(images), style: 'strong' });
    }
    const labelCells = Math.max(10, ...stations.map(({ label }) => cellsOf(labelOf(label))));
    for (const station of stations) drawStation(card, station, labelCells, verbose);
  }
  if (verdict.subject === undefined && verdict.result === 'refused') {
    card.row({ text: '' }, { text: '– nothing else was asked: nothing was fetched', style: 'dim' });
  }
}

function drawStation(card: Drawing['card'], station: Station, labelCells: number, verbose: boolean): void {
  const { mark, style } = FACES[station.state];
  const label = `${mark} ${labelOf(station.label)}`;
  const reason = foreign(station.reason);
  card.row(
    { text: label, style },
    {
      text: verbose ? reason : clip(reason, card.roomBeside(labelCells + 2)),
      style: station.state === 'failed' ? 'plain' : 'dim',
    },
    { labelCells: labelCells + 2 },
  );
}

interface Group {
  readonly images: JudgedImage[];
  readonly stations: readonly Station[];
}

function grouped(
  images: readonly JudgedImage[],
  rowsOf: (image: JudgedImage) => readonly Station[],
): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const image of images) {
    const stations = rowsOf(image);
    const key = JSON.stringify(stations);
    const same = groups.get(key);
    if (same === undefined) groups.set(key, { images: [image], stations });
    else same.images.push(image);
  }
  return [...groups.values()];
}

function platformsOf(images: readonly JudgedImage[]): string {
  const names = images.map(({ platform, manifest }) => {
    const name = platform === undefined ? 'unknown platform' : foreign(platform, 60);
    return images.length > 1 || manifest === undefined ? name : `${name} · ${shortDigest(manifest.digest)}`;
  });
  const more = names.length - NAMES_SHOWN;
  return more > 0 ? `${names.slice(0, NAMES_SHOWN).join(', ')} and ${more} more` : names.join(', ');
}

/** A check's id, at a width that leaves room for the reason. */
function labelOf(label: string): string {
  return clip(foreign(label), 30);
}
