import { quoted } from '../../model/printable.ts';
import { type Imported, type ImportedSigner, type ImportRemark, remarkOn } from './imported.ts';
import { at, entriesOf, itemsOf, type Part, textOf } from './part.ts';
import { importScopes, type Says, type Scope } from './scopes.ts';

/**
 * A `policy.json` of containers/image, which Podman, CRI-O and Skopeo read: what is said of images in registries (`docker`), by
 * scope. Signatures by key are carried over; a scope that demands what cannot be demanded here lets nothing in.
 * @see containers-policy.json(5)
 */
export function importContainersPolicy(document: Part): Imported {
  const remarks: ImportRemark[] = [];
  const signers = new Map<string, ImportedSigner>();
  const scopes: Scope[] = [];
  const fallback = at(document, 'default');
  for (const [key, part] of entriesOf(document))
    if (key !== 'default' && key !== 'transports')
      remarks.push(remarkOn(part, `${quoted(key)} is not understood`));
  for (const [transport, part] of entriesOf(at(document, 'transports'))) {
    if (transport === 'docker')
      for (const [text, list] of entriesOf(part))
        scopes.push({ text, part: list, says: demandOf(list, signers, remarks) });
    else
      remarks.push(
        remarkOn(part, `${quoted(transport)} is not carried over: only images of registries have sources`),
      );
  }
  if (fallback !== undefined && !scopes.some(({ text }) => text === ''))
    scopes.push({ text: '', part: fallback, says: demandOf(fallback, signers, remarks) });
  return importScopes(scopes, signers, remarks);
}

/** All requirements of a list must be met; the one that admits anything demands nothing beside others. */
function demandOf(list: Part, signers: Map<string, ImportedSigner>, remarks: ImportRemark[]): Says {
  const all = itemsOf(list);
  const kinds = all.map((one) => textOf(at(one, 'type')));
  if (all.length === 0 || kinds.includes('reject')) return 'refuse';
  const [demand, second] = all.filter((_, index) => kinds[index] !== 'insecureAcceptAnything');
  if (demand === undefined) return 'admit';
  const refuse = (part: Part, why: string): Says => {
    remarks.push(remarkOn(part, `nothing is let in here: ${why}`));
    return 'refuse';
  };
  if (second !== undefined) return refuse(second, 'two signatures at once cannot be demanded');
  const type = textOf(at(demand, 'type'));
  if (type === 'signedBy') return refuse(demand, 'signatures of GnuPG (signedBy) are not read');
  if (type !== 'sigstoreSigned') return refuse(demand, 'this requirement is not understood');
  return signersOf(demand, signers, remarks) ?? refuse(demand, whyNotKeys(demand));
}

const KNOWN: ReadonlySet<string> = new Set([
  'type',
  'keyPath',
  'keyPaths',
  'keyData',
  'keyDatas',
  'signedIdentity',
]);

function signersOf(
  demand: Part,
  signers: Map<string, ImportedSigner>,
  remarks: ImportRemark[],
): readonly string[] | undefined {
  if (entriesOf(demand).some(([key]) => !KNOWN.has(key))) return undefined;
  const parts = ['keyPath', 'keyData'].flatMap((key) => {
    const one = at(demand, key);
    return [...(one === undefined ? [] : [one]), ...itemsOf(at(demand, `${key}s`))];
  });
  const keys = parts.flatMap((part) => keyOf(part) ?? []);
  if (keys.length === 0 || keys.length < parts.length) return undefined;
  remarks.push(
    remarkOn(
      at(demand, 'signedIdentity') ?? demand,
      'which name a signature was made for (signedIdentity) is not compared: it counts for the digest that it signs, under any name',
    ),
  );
  return keys.map((key) => {
    const known = [...signers].find(([, signer]) => 'key' in signer && signer.key === key);
    const name = known?.[0] ?? `key-${signers.size + 1}`;
    signers.set(name, { key });
    return name;
  });
}

/** A file, or the PEM that stands there in base64. */
function keyOf(part: Part): string | undefined {
  const text = textOf(part);
  if (text === undefined || text === '') return undefined;
  const isPath = part.path.some((step) => step === 'keyPath' || step === 'keyPaths');
  if (isPath) return text.includes('://') || text.startsWith('-----') ? undefined : text;
  const pem = Buffer.from(text, 'base64').toString('latin1').trim();
  return /^-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----$/.test(pem)
    ? `${pem}\n`
    : undefined;
}

function whyNotKeys(demand: Part): string {
  if (at(demand, 'fulcio') !== undefined || at(demand, 'pki') !== undefined)
    return 'certificates of authorities of its own cannot be carried over; write the signer with a trust root';
  if (entriesOf(demand).some(([key]) => key.startsWith('rekor')))
    return 'an entry of a log cannot be demanded beside a key';
  return 'its keys are not understood';
}
