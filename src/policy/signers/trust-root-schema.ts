import { z } from 'zod';
import { duration, once, words } from '../schema-parts.ts';

const TARGET = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]*\/)*[A-Za-z0-9_][A-Za-z0-9._-]*$/;
const THIS_MACHINE = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

const tuf = once(() =>
  z
    .strictObject({
      mirror: z
        .string()
        .refine(isMirror, 'a mirror is an https URL without user name, query and fragment')
        .describe('URL of the folder with timestamp.json; plain http is for this machine alone'),
      root: words.describe('The root.json of the repository that is trusted from the start; a file'),
      target: z
        .string()
        .regex(TARGET, 'a target is a name in the repository: trusted_root.json')
        .optional()
        .describe('The name of the trusted_root.json in the repository; trusted_root.json where absent'),
    })
    .describe('A TUF repository that says what the trusted_root.json is'),
);
const demand = once(() => z.enum(['required', 'none']).optional());

/** One of `trust-roots`. */
export const trustRoot = once(() =>
  z
    .strictObject({
      file: words.optional().describe('A trusted_root.json'),
      tuf: tuf().optional(),
      refresh: z
        .union([z.literal('never'), duration])
        .optional()
        .describe(
          'How old the copy may get before check asks the mirror; 1d where absent. The one setting of sigstore, which is built in: never where absent',
        ),
      'transparency-log': demand().describe(
        'Whether a signature must be in one of its logs; required where absent',
      ),
      'certificate-log': demand().describe(
        'Whether a certificate must be in one of its logs; required where absent',
      ),
    })
    .superRefine((root, { addIssue }) => {
      const { file, tuf: repository, refresh } = root;
      const refuse = (key: string, message: string) => addIssue({ code: 'custom', path: [key], message });
      if (file !== undefined && repository !== undefined)
        refuse('tuf', 'a trust root has a file, or tuf, and not both');
      if (file !== undefined && refresh !== undefined)
        refuse('refresh', 'a file is as new as you keep it; refresh goes with tuf');
      if (file === undefined && repository === undefined && !isRefreshOnly(root))
        addIssue({ code: 'custom', message: 'a file, or tuf, is missing' });
    }),
);

export type TrustRootFile = z.infer<ReturnType<typeof trustRoot>>;

/** What an instance has to prove, as it is written. */
export type DemandsFile = Pick<TrustRootFile, 'transparency-log' | 'certificate-log'>;

/** Whether nothing is said of a root but how often it is refreshed, as is possible for the one that is built in. */
export function isRefreshOnly(root: TrustRootFile): boolean {
  return Object.keys(root).every((key) => key === 'refresh') && root.refresh !== undefined;
}

/** A login in the URL would be sent and shown; over plain http anybody could keep a mirror at an old state. */
function isMirror(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash, hostname } = new URL(text);
  if (`${username}${password}${search}${hash}` !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && THIS_MACHINE.test(hostname));
}
