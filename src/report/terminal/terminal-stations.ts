import type { JudgedImage } from '../../model/verdict.ts';
import { STATION_FACES } from '../faces.ts';
import { foreign } from '../foreign.ts';
import { commandFor } from '../next-command.ts';
import { checksOf, type Station, type StationState, stationGroups, stationsOf } from '../stations.ts';
import { cellsOf, clip } from './columns.ts';
import { type Drawing, shortDigest } from './drawing.ts';
import type { Style } from './paint.ts';

const STYLES: Readonly<Record<StationState, Style>> = {
  passed: 'good',
  failed: 'bad',
  warned: 'warned',
  unknown: 'unsure',
  off: 'dim',
  absent: 'dim',
};

const NAMES_SHOWN = 4; // platforms named over one list of stations

/**
 * The stations of the gate, each with its mark and a clause that fits the line (the whole text stands with the finding).
 * Platforms that came through alike share one list;
 * where they did not, each list is named.
 */
export function drawStations(drawing: Drawing): void {
  const { card, verdict, verbose, width } = drawing;
  const groups = stationGroups(verdict.images, verbose ? checksOf : stationsOf);
  if (groups.length === 0) card.row({ text: '' }, { text: '– no image was judged', style: 'dim' });
  for (const [index, { images, stations }] of groups.entries()) {
    if (groups.length > 1) {
      if (index > 0) card.blank();
      card.row({ text: '' }, { text: platformsOf(images), style: 'strong' });
    }
    const labelCells = Math.max(10, ...stations.map(({ label }) => cellsOf(labelOf(label, width))));
    for (const station of stations) {
      if (station.state !== 'absent') drawStation(drawing, station, labelCells);
    }
    drawAbsent(card, stations);
  }
}

function drawStation({ card, verdict, verbose, width }: Drawing, station: Station, labelCells: number): void {
  const { state, gravest } = station;
  const beside = { labelCells: labelCells + 2 };
  const reason = foreign(station.reason);
  card.row(
    { text: `${STATION_FACES[state].mark} ${labelOf(station.label, width)}`, style: STYLES[state] },
    {
      text: verbose ? reason : clip(reason, card.roomBeside(labelCells + 2)),
      style: state === 'failed' ? 'plain' : 'dim',
    },
    beside,
  );
  // what to do where it could not be found out stands with the fault
  const command = gravest && state === 'failed' ? commandFor(gravest, verdict) : undefined;
  if (command !== undefined)
    card.row({ text: '' }, { text: `→ ${command}`, style: 'accent' }, { ...beside, hang: 2 });
}

/** One line for all stations at which nothing was asked, and why. */
function drawAbsent(card: Drawing['card'], stations: readonly Station[]): void {
  const absent = stations.filter(({ state }) => state === 'absent');
  const [first] = absent;
  if (first === undefined) return;
  const text = `${STATION_FACES.absent.mark} ${absent.map(({ label }) => label).join(', ')}: ${first.reason}`;
  card.row({ text: '' }, { text, style: 'dim' }, { hang: 2 });
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
function labelOf(label: string, width: number): string {
  return clip(foreign(label), Math.max(10, Math.min(30, Math.floor(width / 3))));
}
