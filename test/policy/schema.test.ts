import fc from 'fast-check';
import { expect, test } from 'vitest';
import { policySchema } from '../../src/policy/schema.ts';

const SETTINGS = Object.keys(policySchema().shape);
const some = fc.oneof(
  fc.constantFrom<unknown>(1, 'fail', 'acme', [], ['docker.io/library/*'], [{}], {}, { a: 1 }, null),
  fc.anything({ maxDepth: 2 }),
);
const written = fc.dictionary(fc.oneof(fc.constantFrom(...SETTINGS), fc.string()), some, { maxKeys: 6 });

test('a schema made for the settings of a file says of it what all of the schema says', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        written,
        written.map((one) => ({ version: 1, ...one })),
      ),
      (file) => {
        expect(policySchema(file).safeParse(file)).toEqual(policySchema().safeParse(file));
      },
    ),
    { numRuns: 300 },
  );
});
