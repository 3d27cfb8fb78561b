import { z } from 'zod';
import { parsePredicatePath } from '../../model/predicate-condition.ts';
import { duration, once, parsed, severity, signerName, words } from '../schema-parts.ts';
import { areScans, areVsas, predicateTypesOf, SHORT_TYPES } from './predicate-types.ts';

const value = once(() => z.union([z.string(), z.number(), z.boolean()]));
const path = once(() => parsed(parsePredicatePath));
const TESTS = ['is', 'one-of', 'matches', 'at-least', 'at-most', 'exists'] as const;

const condition = once(() =>
  z
    .strictObject({
      field: path()
        .optional()
        .describe('A field of the predicate: scanner.uri, results[].level. Of a list all must meet it'),
      no: path().optional().describe('The same, and none of those that there are may meet it'),
      is: value().optional(),
      'one-of': z.array(value()).min(1, 'name at least one value').optional(),
      matches: words
        .max(512, 'a pattern has at most 512 characters')
        .optional()
        .describe('* stands for anything'),
      'at-least': z.number().optional(),
      'at-most': z.number().optional(),
      exists: z.boolean().optional(),
    })
    .superRefine((one, context) => {
      const say = (message: string) => context.addIssue({ code: 'custom', message });
      const tests = TESTS.filter((name) => one[name] !== undefined);
      const isRange = tests.every((name) => name === 'at-least' || name === 'at-most');
      if ((one.field === undefined) === (one.no === undefined)) say('name one path: field, or no');
      if (tests.length === 0) say(`say what is expected: ${TESTS.join(', ')}`);
      else if (tests.length > 1 && !isRange)
        say(`${tests.join(' and ')} cannot stand together: write two conditions`);
      if (one.no !== undefined && one.exists !== undefined)
        say('exists goes with field: write exists: false');
    }),
);

/** One of `attestations` of an image rule. */
export const attestation = once(() =>
  z
    .strictObject({
      type: z
        .string()
        .refine(
          (text) => predicateTypesOf(text) !== undefined,
          `a type is ${SHORT_TYPES.join(', ')}, or the URI of a predicate type`,
        )
        .describe(`${SHORT_TYPES.join(', ')}, or the URI of a predicate type`),
      'signed-by': z.array(signerName).min(1, 'name at least one signer, or leave signed-by out').optional(),
      'max-age': duration.optional().describe('Age of what it tells at most: 7d'),
      'fail-from': severity
        .optional()
        .describe('Of a vulnerability scan: least severity that refuses the image'),
      verifier: words.optional().describe('Of a vsa: the id of the verifier'),
      where: z.array(condition()).min(1, 'name at least one condition, or leave where out').optional(),
    })
    .refine(({ type, 'fail-from': from }) => from === undefined || areScans(predicateTypesOf(type) ?? []), {
      path: ['fail-from'],
      message: 'only a vulnerability-scan has severities',
    })
    .refine(({ type, verifier }) => verifier === undefined || areVsas(predicateTypesOf(type) ?? []), {
      path: ['verifier'],
      message: 'only a vsa has a verifier',
    }),
);

export type AttestationFile = z.infer<ReturnType<typeof attestation>>;
export type ConditionFile = z.infer<ReturnType<typeof condition>>;
