import { PratiqueError } from '../../errors.ts';
import type { Platform } from '../../model/descriptor.ts';
import { quoted } from '../../model/printable.ts';

const SHAPE = /^([a-z0-9_.-]+)\/([a-z0-9_.-]+)(?:\/([a-z0-9_.-]+))?$/i;

/** Other spellings that runtimes take for the same architecture. Source: containerd/platforms, database.go. */
const ALIASES: ReadonlyMap<string, readonly [string, string?]> = new Map([
  ['i386', ['386']],
  ['x86_64', ['amd64']],
  ['x86-64', ['amd64']],
  ['aarch64', ['arm64']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
]);

/** The variant that is meant where none is written. */
const DEFAULT_VARIANT: ReadonlyMap<string, string> = new Map([
  ['arm', 'v7'],
  ['arm64', 'v8'],
  ['amd64', 'v1'],
]);

/**
 * Reads a platform that a person asked for: `linux/amd64`, `linux/arm/v7`.
 * @throws {PratiqueError} `USAGE`
 */
export function parsePlatform(text: string): Platform {
  const [, os, architecture, variant] = SHAPE.exec(text) ?? [];
  if (os !== undefined && architecture !== undefined)
    return { os, architecture, ...(variant === undefined ? {} : { variant }) };
  throw new PratiqueError('USAGE', {
    what: `${quoted(text)} is not a platform`,
    next: 'write it as os/architecture or os/architecture/variant, for example linux/arm64',
  });
}

/**
 * Whether a node of platform `wanted` could choose what says that it is `offered`. Counts rather too much
 * than too little: what does not say is chosen; any variant serves who asked for none; who asked for one also
 * takes older ones, as containerd does.
 */
export function couldChoose(wanted: Platform, offered: Platform): boolean {
  const want = normalize(wanted);
  const offer = normalize(offered);
  if (offer.os !== '' && offer.os !== want.os) return false;
  if (offer.architecture === '') return true;
  if (offer.architecture !== want.architecture) return false;
  return wanted.variant === undefined || isVariantUpTo(want.variant, offer.variant);
}

/** Whether two statements about one image can both be true. A variant is a hint, and is not compared. */
export function agree(a: Platform, b: Platform): boolean {
  const [one, other] = [normalize(a), normalize(b)];
  return sameOrSilent(one.os, other.os) && sameOrSilent(one.architecture, other.architecture);
}

function sameOrSilent(a: string, b: string): boolean {
  return a === '' || b === '' || a === b;
}

function isVariantUpTo(wanted: string, offered: string): boolean {
  if (wanted === offered || offered === '') return true;
  const [most, given] = [numberOf(wanted), numberOf(offered)];
  return most === undefined || given === undefined || given <= most;
}

function numberOf(variant: string): number | undefined {
  const digits = /^v(\d{1,3})$/.exec(variant)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function normalize({ os, architecture, variant }: Platform): Required<Omit<Platform, 'osVersion'>> {
  const [name, meant] = ALIASES.get(architecture.toLowerCase()) ?? [architecture.toLowerCase(), undefined];
  const given = variant?.toLowerCase().replace(/^(?=\d)/, 'v');
  return {
    os: os.toLowerCase() === 'macos' ? 'darwin' : os.toLowerCase(),
    architecture: name,
    variant: given ?? meant ?? DEFAULT_VARIANT.get(name) ?? '',
  };
}
