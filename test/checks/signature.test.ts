import { describe, expect, test } from 'vitest';
import { signature } from '../../src/checks/signature.ts';
import { PratiqueError } from '../../src/errors.ts';
import { PREDICATE, STATEMENT_TYPE, type Statement } from '../../src/model/statement.ts';
import type { Evidence, RejectionReason, Signer, Verified } from '../../src/model/trusted.ts';
import { KEYLESS } from '../support/cosign.ts';
import { contextOf, descriptorOf, imageOf, keySigner, ruleOf, signatureBy } from './samples.ts';

function run(evidence: readonly Evidence[], signedBy: readonly Signer[] = [keySigner('release')]) {
  const context = contextOf({}, { rule: ruleOf({ signedBy }) });
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

  test('takes no attestation that does not count for a signature that does not', () => {
    const attestation = (reason: RejectionReason): Evidence => ({
      ...rejected(reason),
      form: 'cosign-attestation',
    });
    expect(run([attestation('other-identity'), attestation('malformed')])).toEqual(['signature.missing']);
    expect(run([attestation('malformed'), rejected('other-key')])).toEqual(['signature.other-signer']);
    const context = contextOf({}, { rule: ruleOf({ signedBy: [] }) });
    expect(signature.note?.([attestation('no-known-key')], context)).toBe('not signed, and not demanded');
  });

  test('is left open where it cannot be found out if a demanded signature holds, and none does without it', () => {
    const fault = new PratiqueError('NETWORK', { what: 'nobody answers' });
    const open: Evidence = { ...rejected('unsettled'), unsettled: { signer: 'release', fault } } as Evidence;
    expect(() => run([open, rejected('other-key')])).toThrow(fault);
    expect(run([open, signatureBy('vendor')], [keySigner('release'), keySigner('vendor')])).toEqual([]);
    expect(run([open], [keySigner('vendor')])).toEqual(['signature.invalid']);
    expect(run([open], [])).toEqual([]);
    expect(signature.note?.([open], contextOf())).toBe(
      'signed by release, as far as could be found out; not demanded',
    );
  });

  test('tells what was not found out of a signature that counts', () => {
    const told = { ...signatureBy('release'), unchecked: 'nobody was asked' } as Evidence;
    expect(signature.note?.([told], contextOf())).toBe('signed by release (nobody was asked)');
  });

  test('is decided where the signer is keyless, too', () => {
    expect(run([], [KEYLESS])).toEqual(['signature.missing']);
    expect(run([rejected('other-identity')], [KEYLESS])).toEqual(['signature.other-signer']);
    expect(run([rejected('bad-log-entry')], [KEYLESS, keySigner('release')])).toEqual(['signature.invalid']);
    expect(run([signatureBy('ci')], [KEYLESS, keySigner('release')])).toEqual([]);
  });

  test('says how to sign, with a key only where one is demanded', () => {
    const remedyFor = (signer: Signer) =>
      signature.run([], imageOf(), contextOf({}, { rule: ruleOf({ signedBy: [signer] }) }))[0]?.remedy;
    expect(remedyFor(KEYLESS)).toContain('cosign sign IMAGE@');
    expect(remedyFor(keySigner('release'))).toContain('cosign sign --key KEY IMAGE@');
  });
});
