import type { Finding } from '../model/finding.ts';
import type { Image } from '../model/image.ts';
import { printable, quoted } from '../model/printable.ts';
import type { Statement } from '../model/statement.ts';
import type { AnyEvidence, VerifiedEvidence } from '../model/trusted.ts';
import type { ProvenanceDemand } from '../policy/images/demands.ts';
import { isProvenance } from '../trust/predicates/provenance.ts';
import { aboutStatements, rejectedDetails, unsettledList } from './attestations/parts/statement-finding.ts';
import type { CheckContext, StatementCheck } from './check.ts';
import { judgeProvenance, type Unmet } from './provenance/parts/judge-provenance.ts';

/** What of several provenances is told: the gravest first. */
const GRAVEST: readonly string[] = [
  'provenance.contradiction',
  'provenance.other-builder',
  'provenance.other-source',
  'provenance.other-ref',
  'provenance.self-hosted',
  'provenance.other-build-type',
  'provenance.other-level',
  'provenance.malformed',
];

const REMEDIES: Readonly<Record<string, string>> = {
  'provenance.missing':
    'Attest the provenance where the image is built, with a signer that the policy demands',
  'provenance.unsigned':
    'Sign the provenance: what a builder writes into the index anybody could have written',
  'provenance.other-signer': 'Have it built and attested by a signer that the policy demands',
  'provenance.contradiction':
    'Find out who made this provenance: it tells another story than its certificate',
  'provenance.malformed': 'Attest the provenance again, as SLSA v0.2 or v1',
};
const REMEDY = 'Build the image as the policy demands, and attest that build';

/**
 * Demands a signed SLSA provenance that meets `provenance` of the image's rule. One that does is enough. What nobody signed never
 * counts.
 */
export const provenance: StatementCheck = {
  id: 'provenance',
  reads: 'statements',
  readsEmbedded: true,
  isDemanded: ({ images }) => images.some((rule) => rule.provenance !== undefined),
  demands: ({ rule }) => rule?.provenance !== undefined,
  run(evidence, image, { rule }: CheckContext) {
    const demand = rule?.provenance;
    if (demand === undefined) return [];
    const judged = provenancesIn(evidence).flatMap((one) => judge(one, demand));
    if (judged.some(({ unmet }) => unmet === undefined)) return [];
    const unsettled = unsettledList(evidence, demand.signedBy);
    if (unsettled !== undefined) throw unsettled;
    return [
      explain(
        evidence,
        judged.flatMap(({ unmet }) => (unmet === undefined ? [] : [unmet])),
        image,
        demand,
      ),
    ];
  },
  note(evidence, { rule }: CheckContext) {
    const demand = rule?.provenance;
    if (demand === undefined) return 'not demanded';
    const sound = provenancesIn(evidence).filter((one) => judge(one, demand).some(({ unmet }) => !unmet));
    const signers = [...new Set(sound.map(({ signer }) => printable(signer)))];
    const unsigned = evidence.some(isUnsignedProvenance) ? '; another, unsigned, does not count' : '';
    return `provenance by ${signers.join(', ')}${unsigned}`;
  },
};

type SignedProvenance = VerifiedEvidence & { readonly statement: Statement };

function provenancesIn(evidence: readonly AnyEvidence[]): readonly SignedProvenance[] {
  return evidence.flatMap((one) => {
    if (one.state !== 'verified' || one.statement === undefined || !isProvenance(one.statement)) return [];
    return [{ ...one, statement: one.statement }];
  });
}

/** What comes of a provenance, by each demanded signer who made it: none where it is by nobody who is demanded. */
function judge(
  one: SignedProvenance,
  demand: ProvenanceDemand,
): readonly { readonly unmet: Unmet | undefined }[] {
  return demand.signedBy
    .filter(({ name }) => name === one.signer)
    .map((signer) => ({ unmet: judgeProvenance(one, signer, demand) }));
}

function isUnsignedProvenance(one: AnyEvidence): boolean {
  return one.state === 'unsigned' && /^https:\/\/slsa\.dev\/provenance\//.test(one.predicateType);
}

function explain(
  evidence: readonly AnyEvidence[],
  unmet: readonly Unmet[],
  image: Image,
  { signedBy }: ProvenanceDemand,
): Finding {
  const demanded = signedBy.map(({ name }) => name);
  const wanted = demanded.map((name) => printable(name)).join(' or ');
  const tell = (rule: string, message: string, details: readonly string[]) =>
    aboutStatements(image, { rule, message, remedy: REMEDIES[rule] ?? REMEDY, demanded, details });
  const [gravest] = unmet.toSorted((a, b) => GRAVEST.indexOf(a.rule) - GRAVEST.indexOf(b.rule));
  if (gravest !== undefined)
    return tell(
      gravest.rule,
      `its provenance does not do: ${gravest.why}`,
      unmet.map(({ why }) => why),
    );
  const others = [...new Set(provenancesIn(evidence).map(({ signer }) => printable(signer)))];
  if (others.length > 0)
    return tell(
      'provenance.other-signer',
      `its provenance is by ${others.join(', ')}, and one by ${wanted} is demanded`,
      others,
    );
  const unsigned = evidence.filter(isUnsignedProvenance);
  if (unsigned.length > 0) {
    const types = unsigned.map((one) => (one.state === 'unsigned' ? quoted(one.predicateType) : ''));
    return tell(
      'provenance.unsigned',
      `it has a provenance that nobody signed, and one by ${wanted} is demanded`,
      [...new Set(types), ...rejectedDetails(evidence)],
    );
  }
  const details = rejectedDetails(evidence);
  const because = details.length === 0 ? '' : `; what lies beside it does not count: ${details[0]}`;
  return tell('provenance.missing', `it has no provenance by ${wanted}${because}`, details);
}
