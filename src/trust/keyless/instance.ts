import { TrustedRoot } from '@sigstore/protobuf-specs';
import { type TrustMaterial, toTrustMaterial, Verifier } from '@sigstore/verify';
import { PratiqueError, toPratiqueError } from '../../errors.ts';
import { quoted } from '../../model/printable.ts';
import type { TrustRoot } from '../../model/trust-root.ts';

/** A trust root made ready to verify with. */
export interface Instance {
  readonly root: TrustRoot;
  readonly logs: TrustMaterial['tlogs'];
  readonly verifier: Verifier;
  /** the same without the log, for an entry that is checked by ourselves; see `envelope-entry.ts` */
  readonly verifierBesideLog: Verifier;
}

const opened = new WeakMap<TrustRoot, Instance>();

/**
 * Opens a trust root; once for each. What must be proved is the root's own setting: one proof of each kind that it demands. A
 * proof of when it was signed is always demanded, or a certificate of ten minutes would count for ever.
 * @throws {PratiqueError} `KEY_INVALID` where a key or certificate in it cannot be read; `TRUST_ROOT_INVALID` where it could
 *   not be had at all
 */
export function openInstance(root: TrustRoot): Instance {
  const instance = opened.get(root) ?? readInstance(root);
  opened.set(root, instance);
  return instance;
}

function readInstance(root: TrustRoot): Instance {
  const { text } = root;
  if (text === undefined) throw unknownRoot(root);
  try {
    const material = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(text)));
    const demands = { ctlogThreshold: root.needsCertificateLog ? 1 : 0, timestampThreshold: 1 };
    return {
      root,
      logs: material.tlogs,
      verifier: new Verifier(material, { ...demands, tlogThreshold: root.needsLog ? 1 : 0 }),
      verifierBesideLog: new Verifier(material, { ...demands, tlogThreshold: 0 }),
    };
  } catch (thrown) {
    throw new PratiqueError('KEY_INVALID', {
      what: `the trust root ${quoted(root.name)} cannot be used`,
      why: toPratiqueError(thrown).problem.why ?? 'a key in it cannot be read',
      next: 'name the trusted_root.json of the instance',
    });
  }
}

/** Not a word on the signature: it may be as good as any, and what it would be held against is not here. */
function unknownRoot({ name, missing }: TrustRoot): PratiqueError {
  return new PratiqueError('TRUST_ROOT_INVALID', {
    what: `the trust root ${quoted(name)} is not known yet`,
    why: missing ?? 'nobody has asked its TUF repository',
    next: 'run pratique trust refresh where its mirror can be reached',
  });
}
