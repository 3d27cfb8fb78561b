import { requireIdentityPattern } from '../../model/identity-pattern.ts';
import { quoted } from '../../model/printable.ts';
import { type ImportedSigner, type ImportRemark, remarkOn } from './imported.ts';
import { at, entriesOf, itemsOf, type Part, textOf } from './part.ts';

/** What the authorities of a policy come to: any of the signers, or attestations by any of them. */
export type AuthorityDemand =
  | 'admit'
  | 'refuse'
  | { readonly signedBy: readonly string[] }
  | { readonly attested: { readonly types: readonly string[]; readonly by: readonly string[] } };

/** Where signers are put, by a name that the policy file takes, and what is to be told. */
export interface Importing {
  readonly signers: Map<string, ImportedSigner>;
  readonly remarks: ImportRemark[];
}

/** What one authority demands; `undefined` where that cannot be said here. */
type Alternative = Exclude<AuthorityDemand, 'refuse'> | undefined;

/**
 * The demand of a policy's `authorities`, any one of which is enough. One that cannot be carried over is left out, as less is then let
 * in; where none is left, nothing is.
 * @see policy-controller, docs/api-types/index-v1beta1.md, "Authority"
 */
export function demandOf(authorities: Part | undefined, importing: Importing): AuthorityDemand {
  const all = itemsOf(authorities).map((one, index) => alternativeOf(one, index, importing));
  if (all.includes('admit')) return 'admit';
  const signedBy = all.flatMap((one) => (typeof one === 'object' && 'signedBy' in one ? one.signedBy : []));
  const attested = all.filter((one) => typeof one === 'object' && 'attested' in one);
  const [first, second] = attested;
  if (signedBy.length > 0 ? first !== undefined : second !== undefined)
    importing.remarks.push(
      remarkOn(
        authorities as Part,
        'of authorities that stand for each other only those that ask for signatures, or the first that asks for attestations, are carried over',
      ),
    );
  if (signedBy.length > 0) return { signedBy: [...new Set(signedBy)] };
  return first ?? 'refuse';
}

const KNOWN: ReadonlySet<string> = new Set([
  'name',
  'key',
  'keyless',
  'static',
  'attestations',
  'ctlog',
  'signatureFormat',
]);

function alternativeOf(authority: Part, index: number, importing: Importing): Alternative {
  const leaveOut = (part: Part, why: string): undefined => {
    importing.remarks.push(remarkOn(part, `this authority is not carried over: ${why}`));
  };
  const action = at(at(authority, 'static'), 'action');
  if (textOf(action) === 'pass') return 'admit';
  if (action !== undefined) return undefined; // it never lets anything in
  const strange = entriesOf(authority).find(([key]) => !KNOWN.has(key));
  if (strange !== undefined) return leaveOut(strange[1], `${quoted(strange[0])} cannot be said here`);
  const [key, keyless] = [at(authority, 'key'), at(authority, 'keyless')];
  const read = key === undefined ? signersOfKeyless(keyless ?? authority, importing) : signersOfKey(key);
  if (typeof read === 'string') return leaveOut(key ?? keyless ?? authority, read);
  const log = whyNotLog(authority, key !== undefined);
  if (log !== undefined) return leaveOut(at(authority, 'ctlog') ?? authority, log);
  const types = typesOf(at(authority, 'attestations'));
  if (typeof types === 'string') return leaveOut(at(authority, 'attestations') ?? authority, types);
  const base = slugOf(textOf(at(authority, 'name'))) ?? `authority-${index + 1}`;
  const by = read.map((signer) => nameOf(signer, base, importing.signers));
  return types.length > 0 ? { attested: { types, by } } : { signedBy: by };
}

function signersOfKey(key: Part): readonly ImportedSigner[] | string {
  const data = textOf(at(key, 'data'));
  const algorithm = at(key, 'hashAlgorithm');
  if (data === undefined)
    return 'its key is not in the file (secretRef, kms): write it to a file and name that in signers';
  if (algorithm !== undefined && textOf(algorithm) !== 'sha256') return 'only sha256 is read';
  const isKey = /^\s*-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$/.test(data);
  return isKey ? [{ key: `${data.trim()}\n` }] : 'its data is no single PEM block "PUBLIC KEY"';
}

const PUBLIC_FULCIO = 'https://fulcio.sigstore.dev';
const PUBLIC_REKOR = 'https://rekor.sigstore.dev';

function signersOfKeyless(keyless: Part, { remarks }: Importing): readonly ImportedSigner[] | string {
  const url = at(keyless, 'url');
  if (url !== undefined && textOf(url)?.replace(/\/$/, '') !== PUBLIC_FULCIO)
    return 'it is of another Sigstore instance: write that under trust-roots, and the signer with its root';
  const strange = entriesOf(keyless).find(
    ([key]) => !['url', 'identities', 'insecureIgnoreSCT'].includes(key),
  );
  if (strange !== undefined) return `${quoted(strange[0])} cannot be said here`;
  if (at(keyless, 'insecureIgnoreSCT')?.value === true)
    remarks.push(
      remarkOn(keyless, 'insecureIgnoreSCT is not carried over: the log of the certificate is demanded'),
    );
  const signers = itemsOf(at(keyless, 'identities')).flatMap((identity) => {
    const read = signerOf(identity, remarks);
    if (typeof read !== 'string') return [read];
    remarks.push(remarkOn(identity, `this identity is not carried over: ${read}`));
    return [];
  });
  return signers.length > 0 ? signers : 'it names no identity that could be carried over';
}

function signerOf(identity: Part, remarks: ImportRemark[]): ImportedSigner | string {
  const issuer = textOf(at(identity, 'issuer')) ?? literalOf(textOf(at(identity, 'issuerRegExp')));
  if (issuer === undefined || !URL.canParse(issuer)) return 'its issuer is no single URL';
  const subject = textOf(at(identity, 'subject'));
  if (subject?.includes('*') === true) return 'a star in its subject stands for itself there';
  const expression = textOf(at(identity, 'subjectRegExp'));
  const pattern = subject ?? identityOf(expression);
  if (pattern === undefined) return 'its subject is an expression that says what no pattern can';
  try {
    requireIdentityPattern(pattern);
  } catch {
    return `${quoted(pattern)} leaves open who vouches for it`;
  }
  if (subject === undefined && expression !== undefined && !/^\^[^*]*\$$/.test(expression))
    remarks.push(
      remarkOn(
        identity,
        `${quoted(expression)} is carried over as ${quoted(pattern)}, whole, and with a star inside one part only`,
      ),
    );
  return { issuer, identity: pattern };
}

/** The text that an expression stands for, where it is one text only. */
function literalOf(expression: string | undefined): string | undefined {
  const pattern =
    expression === undefined || !/^\^.*\$$/s.test(expression) ? undefined : identityOf(expression);
  return pattern?.includes('*') === true || (expression !== undefined && /(?<!\\)\./.test(expression))
    ? undefined
    : pattern;
}

/** A pattern that fits nothing but what an expression does; `undefined` where there is none. @see RE2 syntax */
function identityOf(expression: string | undefined): string | undefined {
  if (expression === undefined) return undefined;
  let pattern = '';
  const inner = expression.replace(/^\^/, '').replace(/(?<!\\)\$$/, '');
  for (const [token] of inner.matchAll(/\\[^A-Za-z0-9]|\.\*|\[\^\/\]\*|[\s\S]/g)) {
    if (token === '.*' || token === '[^/]*') pattern += '*';
    else if (token.length === 2) pattern += token.slice(1);
    else if (/[\\^$*+?()[\]{}|]/.test(token)) return undefined;
    else pattern += token;
  }
  // What follows makes a quantifier of the letter before it, and an escaped star is a letter that no pattern has.
  return /\\\*/.test(inner) ? undefined : pattern;
}

function whyNotLog(authority: Part, isKey: boolean): string | undefined {
  const log = at(authority, 'ctlog');
  if (log === undefined) return undefined;
  if (isKey) return 'an entry of a log cannot be demanded beside a key';
  const url = textOf(at(log, 'url'))?.replace(/\/$/, '');
  const isPublic =
    (url === undefined || url === PUBLIC_REKOR) && entriesOf(log).every(([key]) => key === 'url');
  return isPublic ? undefined : 'its log is another one: write that under trust-roots';
}

/** The types that cosign has short names for. */
const TYPES: Readonly<Record<string, string>> = {
  custom: 'https://cosign.sigstore.dev/attestation/v1',
  slsaprovenance: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance02: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance1: 'https://slsa.dev/provenance/v1',
  spdx: 'https://spdx.dev/Document',
  spdxjson: 'https://spdx.dev/Document',
  cyclonedx: 'https://cyclonedx.org/bom',
  link: 'https://in-toto.io/Link/v1',
  vuln: 'https://cosign.sigstore.dev/attestation/vuln/v1',
  openvex: 'https://openvex.dev/ns',
};

/** Predicate types that are demanded, all of them; or why they cannot be. */
function typesOf(attestations: Part | undefined): readonly string[] | string {
  const types: string[] = [];
  for (const one of itemsOf(attestations)) {
    const strange = entriesOf(one).find(([key]) => !['name', 'predicateType'].includes(key));
    if (strange !== undefined)
      return `${quoted(strange[0])} of an attestation cannot be carried over: write it as where:`;
    const type = textOf(at(one, 'predicateType')) ?? '';
    const uri = TYPES[type] ?? (/^[a-z][a-z0-9+.-]*:\S+$/.test(type) ? type : undefined);
    if (uri === undefined) return `${quoted(type)} is no type of predicate that is known`;
    types.push(uri);
  }
  return [...new Set(types)];
}

function slugOf(name: string | undefined): string | undefined {
  const slug = name
    ?.toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60)
    .replace(/-$/, '');
  return slug === '' ? undefined : slug;
}

/** The name of a signer: the one that it has already, or a new one. */
function nameOf(signer: ImportedSigner, base: string, signers: Map<string, ImportedSigner>): string {
  const same = [...signers].find(([, one]) => JSON.stringify(one) === JSON.stringify(signer));
  if (same !== undefined) return same[0];
  let name = base;
  for (let count = 2; signers.has(name); count += 1) name = `${base}-${count}`;
  signers.set(name, signer);
  return name;
}
