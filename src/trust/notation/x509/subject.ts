import { DER, type Der, DerFault, DerItems, eachOf, oidOf } from '../../../io/der.ts';
import { SUBJECT_ATTRIBUTES, type Subject } from '../../../model/subject-pattern.ts';

const ASCII = /^[ -~]*$/;
const MOST = 32; // attributes of a name

/**
 * Reads the attributes of a distinguished name from its DER form: a text made of it first could be read in two ways. What has no
 * short name here is passed over, since nobody can ask for it.
 * @throws {DerFault} also where an attribute is there twice, or two stand in one part: which of them counts could be mistaken
 * @see RFC 5280, section 4.1.2.4
 */
export function readSubject(name: Der): Subject {
  const subject = new Map<string, string>();
  const parts = [...eachOf(name)];
  if (parts.length > MOST) throw new DerFault('a name has too many attributes');
  for (const part of parts) {
    const set = new DerItems(part, 'a part of a name', DER.set);
    const attribute = new DerItems(set.take(DER.sequence), 'an attribute of a name');
    const key = SUBJECT_ATTRIBUTES[oidOf(attribute.take(DER.oid))];
    const value = attribute.takeAny();
    attribute.end();
    set.end();
    if (key === undefined) continue;
    if (subject.has(key)) throw new DerFault(`a name has ${key} twice`);
    subject.set(key, textOf(value));
  }
  return subject;
}

function textOf({ tag, value }: Der): string {
  if (tag === DER.utf8) return readUtf8(value);
  const text = Buffer.from(value).toString('latin1');
  if ((tag === DER.printable || tag === DER.ia5) && ASCII.test(text)) return text;
  throw new DerFault('a name has an attribute of a type that is not read');
}

/** Bad bytes are no character: replaced ones could make two names the same. */
function readUtf8(value: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    throw new DerFault('a name is not UTF-8');
  }
}
