import { describe, expect, test } from 'vitest';
import { signature } from '../../src/checks/signature.ts';
import { PREDICATE, STATEMENT_TYPE, type Statement } from '../../src/model/statement.ts';
import type { Evidence, RejectionReason, Signer, Verified } from '../../src/model/trusted.ts';
import { contextOf, descriptorOf, imageOf, keySigner, ruleOf, signatureBy } from './samples.ts';

const KEYLESS: Signer = { name: 'ci', kind: 'keyless', issuer: 'https://issuer.example', identity: 'x' };

function run(
  evidence: readonly Evidence[],
  signedBy: readonly Signer[] = [keySigner('release')],
  unsupported: string[] = [],
) {
  const context = contextOf({}, { rule: ruleOf({ signedBy, unsupported }) });
  return signature.run(evidence, imageOf(), context).map(({ rule }) => rule);
}

function rejected(reason: RejectionReason): Evidence {
  return {
    state: 'rejected',
    form: 'cosign-tag',
    reason,
    detail: `because of ${reason}`,
    from: descriptorOf('x'),
  };
}

function attested(signer: string, predicateType: string): Evidence {
  const statement: Statement = { _type: STATEMENT_TYPE, subject: [], predicateType, predicate: {} };
  return { ...signatureBy(signer), form: 'sigstore-bundle', statement: statement as Verified<Statement> };
}

describe('signature', () => {
  test('demands nothing where the rule names no signer, or there is no rule', () => {
    expect(run([], [])).toEqual([]);
    expect(signature.run([], imageOf(), contextOf())).toEqual([]);
  });

  test('is met by any one of the signers', () => {
    expect(run([signatureBy('vendor')], [keySigner('release'), keySigner('vendor')])).toEqual([]);
    expect(run([attested('release', PREDICATE.cosignSignature)])).toEqual([]);
    expect(run([rejected('malformed'), rejected('other-key'), signatureBy('release')])).toEqual([]);
  });

  test('is not met by what a demanded signer attests about the image', () => {
    expect(run([attested('release', PREDICATE.vsa)])).toEqual(['signature.missing']);
    expect(run([attested('release', PREDICATE.verdict)])).toEqual(['signature.missing']);
  });

  test.each<[string, readonly Evidence[]]>([
    ['signature.missing', []],
    ['signature.other-signer', [signatureBy('somebody')]],
    ['signature.other-signer', [rejected('other-key')]],
    ['signature.invalid', [rejected('other-subject')]],
    ['signature.invalid', [rejected('malformed'), rejected('other-key')]],
    ['signature.invalid', [rejected('too-big')]],
  ])('says %s', (rule, evidence) => {
    expect(run(evidence)).toEqual([rule]);
  });

  test('cannot find out where only a keyless signature could meet the demand', () => {
    const unsupported = expect.objectContaining({ code: 'NOT_SUPPORTED' });
    expect(() => run([], [KEYLESS])).toThrow(unsupported);
    expect(() => run([rejected('keyless-unsupported')], [KEYLESS, keySigner('release')])).toThrow(
      unsupported,
    );
    expect(run([rejected('other-key')], [KEYLESS, keySigner('release')])).toEqual(['signature.other-signer']);
    expect(run([signatureBy('release')], [KEYLESS, keySigner('release')])).toEqual([]);
  });

  test('cannot find out where the rule demands what cannot be verified yet, however well it is signed', () => {
    expect(() => run([signatureBy('release')], [keySigner('release')], ['provenance'])).toThrow(
      expect.objectContaining({ code: 'NOT_SUPPORTED' }),
    );
  });
});
