import { styleText } from 'node:util';

/** What a piece of text means; the colour follows from it. */
export type Style =
  | 'plain'
  | 'strong'
  | 'dim'
  | 'good'
  | 'bad'
  | 'unsure'
  | 'warned'
  | 'accent'
  | 'goodTitle'
  | 'badTitle'
  | 'unsureTitle';

const FORMATS = {
  strong: ['bold'],
  dim: ['dim'],
  good: ['green'],
  bad: ['red'],
  unsure: ['magenta'],
  warned: ['yellow'],
  accent: ['cyan'],
  goodTitle: ['bold', 'green'],
  badTitle: ['bold', 'red'],
  unsureTitle: ['bold', 'magenta'],
} as const satisfies Record<Exclude<Style, 'plain'>, readonly Parameters<typeof styleText>[0][]>;

/** Colours a text, or leaves it alone. Whether to colour was decided by the caller; no stream or variable is asked. */
export type Paint = (style: Style, text: string) => string;

/** @param colour `false`: the text comes back as it was */
export function painter(colour: boolean): Paint {
  return (style, text) => {
    if (!colour || style === 'plain' || text === '') return text;
    return styleText([...FORMATS[style]], text, { validateStream: false });
  };
}
