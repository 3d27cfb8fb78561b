import { z } from 'zod';
import { ANY_SUBJECT, overlaps, parseSubject, type Subject } from '../../model/subject-pattern.ts';
import { once, parsed, words } from '../schema-parts.ts';

const certificates = once(() =>
  z.array(words).min(1, 'name at least one file').max(32, 'at most 32 files are read'),
);
const identity = once(() => parsed((text) => (text === ANY_SUBJECT ? undefined : parseSubject(text))));
const identities = once(() =>
  z
    .array(identity())
    .min(1, 'name at least one subject, or "*" for whomever the authorities certify')
    .max(64, 'at most 64 subjects are read')
    .superRefine((texts, context) => {
      const message = whyUnclear(texts);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }),
);

/** `notation` of one of `signers`. */
export const notationSigner = once(() =>
  z
    .strictObject({
      ca: certificates()
        .optional()
        .describe('Files with root certificates, for signatures of the scheme notary.x509'),
      'signing-authority': certificates()
        .optional()
        .describe('Files with root certificates, for the scheme notary.x509.signingAuthority; instead of ca'),
      'timestamp-authorities': certificates()
        .optional()
        .describe('Files with root certificates; without, no timestamp is looked at'),
      identities: identities().describe('Subjects as "C=US, ST=WA, O=acme"; "*" for any'),
      timestamp: z
        .enum(['always', 'after-expiry'])
        .optional()
        .describe('When a timestamp is demanded: always where absent, or once a certificate has expired'),
      revocation: z
        .enum(['check', 'best-effort', 'skip'])
        .optional()
        .describe('Whether servers that certificates name are asked if they are revoked; skip where absent'),
    })
    .superRefine((written, context) => {
      const message = whyUnfit(written);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }),
);

export type NotationFile = z.infer<ReturnType<typeof notationSigner>>;

function whyUnfit(written: {
  readonly ca?: unknown;
  readonly 'signing-authority'?: unknown;
  readonly 'timestamp-authorities'?: unknown;
  readonly timestamp?: unknown;
}): string | undefined {
  const authority = written['signing-authority'];
  const stamps = written['timestamp-authorities'];
  if ((written.ca === undefined) === (authority === undefined)) return 'name either ca or signing-authority';
  if (authority !== undefined && stamps !== undefined)
    return 'a signing authority says itself when it signed: timestamp-authorities would change nothing';
  if (written.timestamp !== undefined && stamps === undefined)
    return 'timestamp says when one is demanded, and needs timestamp-authorities';
  return undefined;
}

/** A `*` beside others would make them say nothing; and of two that fit one certificate, one may say less than it seems. */
function whyUnclear(texts: readonly string[]): string | undefined {
  if (texts.includes(ANY_SUBJECT)) return texts.length > 1 ? '"*" stands alone, or not at all' : undefined;
  const subjects = texts.flatMap(subjectOf);
  const isTwice = subjects.some((one, index) =>
    subjects.slice(index + 1).some((other) => overlaps(one, other)),
  );
  return isTwice
    ? 'two of these can both fit one certificate; write each so that it excludes the others'
    : undefined;
}

/** What cannot be read is told as a fault of its own. */
function subjectOf(text: string): readonly Subject[] {
  try {
    return [parseSubject(text)];
  } catch {
    return [];
  }
}
