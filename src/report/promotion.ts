import type { Descriptor } from '../model/descriptor.ts';
import type { LeftBehind, Piece, PromotedTag, Promotion } from '../model/promotion.ts';
import { formatReference } from '../model/reference.ts';
import { foreign } from './foreign.ts';
import { verdictOf } from './json.ts';
import { toJsonText } from './json-text.ts';
import { rollbackCommands } from './rollback.ts';
import { formatSize, plural } from './size.ts';
import { pad } from './terminal/columns.ts';
import { painter, type Style } from './terminal/paint.ts';

export interface PromotionView {
  readonly colour: boolean;
  /** see `rollbackCommands` */
  readonly flags: readonly string[];
}

const TITLES: Readonly<Record<Promotion['state'], readonly [string, Style]>> = {
  promoted: ['PROMOTED', 'goodTitle'],
  planned: ['PLANNED', 'strong'],
  refused: ['NOT PROMOTED', 'badTitle'],
  undecided: ['NOT PROMOTED', 'unsureTitle'],
};
const LEFT_LISTED = 10;
const LABEL = 9; // cells

/** What came of a promotion, for people; ends with a newline. The verdict has a view of its own. */
export function renderPromotion(promotion: Promotion, { colour, flags }: PromotionView): string {
  const paint = painter(colour);
  const { state, verdict, target, attested } = promotion;
  const [title, style] = TITLES[state];
  const name = formatReference({ registry: target.registry, repository: target.repository });
  const lines = [`${paint(style, title)}  ${foreign(name)}  ${verdict.subject?.digest ?? ''}`.trimEnd()];
  const row = (label: string, text: string) => lines.push(`  ${paint('dim', pad(label, LABEL))} ${text}`);
  row('from', foreign(verdict.name));
  row('verdict', `${verdict.result}, policy ${foreign(verdict.policy.name)}`);
  if (state === 'refused' || state === 'undecided') {
    row('written', 'nothing');
    return `${lines.join('\n')}\n`;
  }
  row('content', contentOf(promotion));
  for (const [index, text] of besideOf(promotion).entries()) row(index === 0 ? 'beside' : '', text);
  row('attested', attested);
  for (const tag of promotion.tags) row('tag', tagOf(tag));
  for (const command of rollbackCommands(promotion, flags)) row('rollback', paint('accent', command));
  if (state === 'planned') row('written', 'nothing: this is a dry run');
  return `${lines.join('\n')}\n`;
}

/** The same for programs. Version 1 may gain fields. */
export function renderPromotionJson(promotion: Promotion, flags: readonly string[]): string {
  const { state, verdict, target, pieces, leftBehind, tags, attested } = promotion;
  return toJsonText({
    version: 1,
    state,
    from: verdict.name,
    target: formatReference({ registry: target.registry, repository: target.repository }),
    subject: verdict.subject === undefined ? null : bare(verdict.subject),
    tags: tags.map(({ tag, state: done, previous = null }) => ({ tag, state: done, previous })),
    rollback: rollbackCommands(promotion, flags),
    attested,
    pieces: pieces.map(({ kind, what, state: done, tag }) => ({
      kind,
      ...bare(what),
      ...(tag === undefined ? {} : { tag }),
      state: done,
    })),
    leftBehind: leftBehind.map(({ what, about, why }) => ({ ...bare(what), about, why })),
    verdict: verdictOf(verdict),
  });
}

function contentOf({ pieces }: Promotion): string {
  const own = pieces.filter(({ kind }) => kind === 'blob' || kind === 'manifest');
  const blobs = own.filter(({ kind }) => kind === 'blob');
  const count = [plural(own.length - blobs.length, 'manifest'), plural(blobs.length, 'blob')].join(', ');
  return `${count}, ${formatSize(bytesOf(blobs))}: ${statesOf(own)}`;
}

function besideOf({ pieces, leftBehind }: Promotion): readonly string[] {
  const travelled = pieces.filter(({ kind }) => kind === 'referrer' || kind === 'companion');
  const first =
    travelled.length === 0
      ? 'nothing'
      : `${plural(travelled.length, 'signature or attestation', 'signatures or attestations')}: ${statesOf(travelled)}`;
  const rest = leftBehind.length - LEFT_LISTED;
  return [
    first,
    ...leftBehind.slice(0, LEFT_LISTED).map(leftOf),
    ...(rest > 0 ? [`and ${plural(rest, 'other')} left behind`] : []),
  ];
}

function leftOf({ what, why }: LeftBehind): string {
  return `left behind ${what.digest}: ${foreign(why)}`;
}

function tagOf({ tag, state, previous }: PromotedTag): string {
  if (state === 'kept') return `${foreign(tag)}  stood for it already`;
  const was = previous === undefined ? 'was not there before' : `was ${previous}`;
  return `${foreign(tag)}  ${state === 'moved' ? 'moved' : 'would be moved'}, ${was}`;
}

function statesOf(pieces: readonly Piece[]): string {
  const parts = (['copied', 'mounted', 'there'] as const).flatMap((state) => {
    const some = pieces.filter((piece) => piece.state === state);
    if (some.length === 0) return [];
    const bytes = bytesOf(some.filter(({ kind }) => kind === 'blob'));
    const size = state === 'copied' && bytes > 0 ? ` (${formatSize(bytes)})` : '';
    return [`${some.length} ${state}${state === 'there' ? ' already' : ''}${size}`];
  });
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function bytesOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { what }) => sum + what.size, 0);
}

function bare({ mediaType, digest, size }: Descriptor) {
  return { mediaType, digest, size };
}
