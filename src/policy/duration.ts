const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const SHAPE = /^([1-9][0-9]{0,4})([smhdw])$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Seconds of `7d`, `12h`, `30m`, `45s`, `2w`; `undefined` for a text that is no duration. */
export function parseDuration(text: string): number | undefined {
  const [, count = '', unit = ''] = SHAPE.exec(text) ?? [];
  const seconds = SECONDS[unit];
  return seconds === undefined ? undefined : Number(count) * seconds;
}

/** Whether a text is a day of the calendar, `YYYY-MM-DD`; 2027-02-30 is none. */
export function isDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
