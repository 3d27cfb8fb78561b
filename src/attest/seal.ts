import type { Signer } from '../model/trusted.ts';
import type { UnsignedStatement } from './attest-verdict.ts';
import type { SignedBundle } from './bundle.ts';
import { publicPemOf, type SigningKey } from './signing-key.ts';

/** The bundles of some statements, in their order, and who has signed, as verifiers know them. */
export interface Sealed {
  readonly bundles: readonly SignedBundle[];
  readonly signer: Signer;
}

/** Signs the statements of one verdict, all or none. @throws {PratiqueError} `SIGNING_FAILED` */
export type Seal = ((statements: readonly UnsignedStatement[]) => Promise<Sealed>) & {
  /** who will have signed, where that is known before: with a key */
  readonly signer?: Signer;
};

/** Signs with a key. */
export function sealWith(key: SigningKey): Seal {
  const signer: Signer = { name: 'key', kind: 'key', publicKey: publicPemOf(key) };
  const seal = async (statements: readonly UnsignedStatement[]) => {
    const { signStatement } = await import('./bundle.ts'); // signing is seldom asked for
    return { signer, bundles: statements.map((one) => signStatement(one.statement, key, one)) };
  };
  return Object.assign(seal, { signer });
}
