import { PratiqueError } from '../errors.ts';
import { quoted } from '../model/printable.ts';

/** The inputs that `action.yml` declares, in its order. */
export const INPUTS = [
  'image',
  'image-file',
  'refs',
  'exclude',
  'as',
  'policy',
  'policy-ref',
  'allow-lists',
  'platform',
  'report-only',
  'formats',
  'sign',
  'key',
  'signing-config',
  'trusted-root',
  'push-attestation',
  'valid-for',
  'reuse',
  'offline',
  'registry-config',
  'github-token',
] as const;

type Env = Readonly<Record<string, string | undefined>>;
export type InputName = (typeof INPUTS)[number];

/** What the `with:` of a step says. What is empty is absent: a secret that a fork may not see reads so. */
export interface Inputs {
  one(name: InputName): string | undefined;
  /** the lines of an input, without blank ones */
  lines(name: InputName): readonly string[];
  /** @throws {PratiqueError} `USAGE` for what is neither true nor false */
  flag(name: InputName): boolean;
}

/**
 * Reads the inputs from the variables that the runner makes of them: `INPUT_POLICY-REF`.
 * @throws {PratiqueError} `USAGE` for one that there is not: the runner only warns, and `polcy:` would leave the gate open
 */
export function readInputs(env: Env): Inputs {
  const known = new Set<string>(INPUTS.map(variableOf));
  const odd = Object.keys(env).find((name) => name.startsWith('INPUT_') && !known.has(name));
  if (odd !== undefined)
    throw new PratiqueError('USAGE', {
      what: `there is no input ${quoted(odd.slice('INPUT_'.length).toLowerCase())}`,
      next: `use those of action.yml: ${INPUTS.join(', ')}`,
    });
  const one = (name: InputName) => env[variableOf(name)]?.trim() || undefined;
  return {
    one,
    lines: (name) =>
      (one(name) ?? '')
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    flag(name) {
      const text = one(name);
      if (text === undefined || /^(?:false|False|FALSE)$/.test(text)) return false;
      if (/^(?:true|True|TRUE)$/.test(text)) return true;
      throw new PratiqueError('USAGE', {
        what: `the input ${name} is ${quoted(text, 40)}`,
        next: 'write true or false',
      });
    },
  };
}

/** An environment without the inputs: programs that are started (git, helpers for logins) need no token of GitHub's. */
export function withoutInputs(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('INPUT_')));
}

function variableOf(name: InputName): string {
  return `INPUT_${name.toUpperCase()}`;
}
