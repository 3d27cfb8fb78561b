const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes for people: `0 B`, `45.2 MB`, `120 MB`, `1.34 GB`. Powers of 1000, three digits. */
export function formatSize(bytes: number): string {
  const unit = unitOf(bytes);
  return `${inUnit(bytes, unit)} ${UNITS[unit]}`;
}

/** Part of a whole in the unit of the whole: `45.2 of 120 MB`. */
export function formatSizeOf(done: number, total: number): string {
  const unit = unitOf(total);
  return `${inUnit(done, unit)} of ${inUnit(total, unit)} ${UNITS[unit]}`;
}

/** A number with commas between the thousands, whatever the locale: `12,345`. */
export function formatCount(count: number): string {
  return String(Math.trunc(count)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 layer`, `7 layers`, `1 entry`, `2 entries`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function unitOf(bytes: number): number {
  let unit = 0;
  // 999.5 would be shown as 1000 of the unit below
  while (bytes / 1000 ** unit >= 999.5 && unit < UNITS.length - 1) unit += 1;
  return unit;
}

function inUnit(bytes: number, unit: number): string {
  const value = Math.max(0, bytes) / 1000 ** unit;
  if (unit === 0 || value >= 99.95) return formatCount(Math.round(value));
  const digits = value >= 9.995 ? 1 : 2;
  return value === 0 ? '0' : value.toFixed(digits);
}
