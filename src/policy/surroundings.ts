import type { TrustRoot } from '../model/trust-root.ts';
import type { Signer } from '../model/trusted.ts';
import type { Faults } from './faults.ts';
import type { PolicyFiles } from './policy-files.ts';
import type { YamlFile } from './yaml-places.ts';

/** What is needed beside a policy file to understand it. */
export interface Surroundings {
  readonly file: YamlFile;
  /** the folder that the file's paths start from */
  readonly folder: string;
  /** the same as it stands in messages: empty, or ending in a slash */
  readonly shownFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** what the files that it names are read from */
  readonly files: PolicyFiles;
  /** trust roots of the file that this one extends */
  readonly trustRoots: ReadonlyMap<string, TrustRoot>;
  /** signers of the file that this one extends */
  readonly signers: ReadonlyMap<string, Signer>;
  readonly faults: Faults;
}
