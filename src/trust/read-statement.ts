import { type JsonFields, readFields } from '../io/json/json-fields.ts';
import { readJson } from '../io/json/strict-json.ts';
import { quoted } from '../model/printable.ts';
import { STATEMENT_TYPE, type Statement, type StatementSubject } from '../model/statement.ts';

const WHERE = 'in-toto statement';
const OLD_TYPE = 'https://in-toto.io/Statement/v0.1';
const FREE = new Set(['subject[].annotations']);
/** SBOMs and results of scans have keys by names of packages and labels, which may differ by case alone. */
const FREE_BELOW = 'predicate';
/** JSON values of one statement: a scan of 20 MB has some 700,000, and ten million empty objects would take gigabytes */
const VALUE_LIMIT = 2_000_000;

/**
 * Reads an in-toto statement, v1 or v0.1. The predicate is a value of `io/strict-json.ts` (objects are maps).
 * @throws {PratiqueError} `JSON_INVALID`: another type, no subject, a subject without digests, no predicate type;
 *   `LIMIT_EXCEEDED` where it nests too deep, or has too many values
 * @see in-toto attestation v1, spec/v1/statement.md
 */
export function readStatement(payload: Uint8Array): Statement {
  const options = { where: WHERE, free: FREE, freeBelow: FREE_BELOW, values: VALUE_LIMIT };
  const statement = readFields(readJson(payload, options), { where: WHERE });
  const type = statement.string('_type');
  if (type !== STATEMENT_TYPE && type !== OLD_TYPE) throw statement.error('_type', `it is ${quoted(type)}`);
  const predicateType = statement.string('predicateType');
  if (predicateType === '') throw statement.error('predicateType', 'it is empty');
  const subject = statement.objects('subject').map(readSubject);
  if (subject.length === 0) throw statement.error('subject', 'it is about nothing');
  return { _type: type, subject, predicateType, predicate: statement.get('predicate') };
}

function readSubject(subject: JsonFields): StatementSubject {
  const name = subject.optionalString('name');
  const digest = subject.stringMap('digest');
  const annotations = textsOf(subject.optionalObject('annotations'));
  if (digest.size === 0) throw subject.error('digest', 'it names no content');
  return {
    ...(name === undefined ? {} : { name }),
    digest: Object.fromEntries(digest),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** The members of an object that are texts; others are the signer's own business. */
export function textsOf(fields: JsonFields | undefined): Readonly<Record<string, string>> | undefined {
  const texts = [...(fields?.value ?? [])].filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return texts.length === 0 ? undefined : Object.fromEntries(texts);
}
