import type { Hit, ScanSubject } from '../../../src/scan/rule.ts';
import { makeScanner, scanText } from '../scan-text.ts';

const scanner = makeScanner();
const ELF = '\x7fELF\x02\x01\x01\0';

/** What is found of miners in a text. */
export function minersIn(text: string, subject: ScanSubject = { path: 'usr/local/bin/x' }): readonly Hit[] {
  return scanText(scanner, text, subject).filter(({ check }) => check === 'miners');
}

/** `program high`: rule, without what all begin with, and confidence. */
export function judged(text: string, path = 'usr/local/bin/x'): readonly string[] {
  return minersIn(text, { path }).map(told);
}

/** The same of a field of the configuration. */
export function judgedField(text: string, field = 'config.Entrypoint'): readonly string[] {
  return minersIn(text, { field }).map(told);
}

function told({ rule, confidence }: Hit): string {
  return `${rule.replace('miners.', '')} ${confidence}`;
}

/** Bytes that begin like a program and hold these words. */
export function program(...strings: readonly string[]): string {
  return `${ELF}${'\0'.repeat(200)}${strings.join('\0')}\0`;
}
