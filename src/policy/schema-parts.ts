import { z } from 'zod';
import { PratiqueError } from '../errors.ts';
import { parseImagePattern } from '../model/image-pattern.ts';
import { parsePackagePattern } from '../model/package-pattern.ts';
import { CHECK_NAMES, checkOf } from './check-names.ts';
import { isDay, parseDuration } from './duration.ts';

/** Makes a part of the schema when it is asked for: all of them take as long as to read a policy, and most policies say little. */
export function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** A text that `parse` takes; its message is the fault. */
export function parsed(parse: (text: string) => unknown) {
  return z.string().superRefine((text, context) => {
    try {
      parse(text);
    } catch (thrown) {
      if (!(thrown instanceof PratiqueError)) throw thrown;
      context.addIssue({ code: 'custom', message: thrown.message });
    }
  });
}

export const imagePattern = parsed(parseImagePattern).describe(
  'A pattern for image names: * inside a part, ** any depth, no tag = any tag',
);
export const packagePattern = parsed(parsePackagePattern).describe(
  'A manager and a pattern for names: npm:@acme/*, deb:acme-*',
);
export const duration = z
  .string()
  .refine(
    (text) => parseDuration(text) !== undefined,
    'a duration is a number and s, m, h, d or w: 90d, 12h, 30m',
  )
  .meta({ pattern: '^[1-9][0-9]{0,4}[smhdw]$' });
export const day = z
  .string()
  .refine(isDay, 'a day is written YYYY-MM-DD: 2027-01-31')
  .meta({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' });
export const words = z.string().trim().min(1, 'a word is needed here');
export const signerName = z
  .string()
  .regex(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/, 'a name has lower-case letters, digits and dashes: acme-release');

export const level = z.enum(['fail', 'warn', 'off']);
export const severity = z.enum(['info', 'low', 'medium', 'high', 'critical']);
const failFrom = once(() => severity.describe('Least severity that fails; findings below it only warn'));
const setting = once(() => z.union([level, z.strictObject({ level, 'fail-from': failFrom().optional() })]));
const port = once(() =>
  z.int('a port is a whole number').min(1, 'a port is at least 1').max(65_535, 'a port is at most 65535'),
);
const portSetting = once(() =>
  z.union([
    level,
    z.strictObject({
      level,
      'fail-from': failFrom().optional(),
      ports: z.array(port()).min(1, 'name at least one port').optional(),
    }),
  ]),
);

/** Levels by check id or rule id. An id that no check has is refused: it would enforce nothing. */
export const checks = once(() =>
  z
    .object(
      Object.fromEntries(
        CHECK_NAMES.map(({ id, about }) => [
          id,
          (id === 'hygiene.admin-ports' ? portSetting() : setting()).optional().describe(about),
        ]),
      ),
    )
    .catchall(setting())
    .superRefine((settings, context) => {
      for (const id of Object.keys(settings)) {
        if (checkOf(id) === undefined)
          context.addIssue({
            code: 'custom',
            path: [id],
            message: `there is no such check; there are ${CHECK_NAMES.map((check) => check.id).join(', ')}, and their rules`,
          });
      }
    }),
);

/** `checks:`, of the policy or of one of its image rules. */
export type ChecksFile = Readonly<
  Record<string, z.infer<ReturnType<typeof setting>> | z.infer<ReturnType<typeof portSetting>> | undefined>
>;
