import type { FileNode } from '../../model/filesystem/filesystem.ts';
import type { Finding } from '../../model/finding.ts';
import type { ImageFiles } from '../../scan/image-files.ts';
import type { FileCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';
import { readAccounts } from './parts/accounts.ts';
import { tellFew } from './parts/few.ts';

const NAMES = ['.ssh/authorized_keys', '.ssh/authorized_keys2'];
const OF_DROPBEAR = 'etc/dropbear/authorized_keys';

interface Keys {
  readonly file: FileNode;
  readonly count: number;
}

/**
 * Finds keys that may log in by SSH: in the homes of the accounts, and below `/root` and `/home`. A public key is no
 * secret, so those that a container does not see are not told. Source: sshd(8), "AUTHORIZED_KEYS FILE FORMAT".
 */
export const hygieneAuthorizedKeys: FileCheck = {
  id: 'hygiene.authorized-keys',
  reads: 'files',
  run({ files }) {
    const paths = [...homesOf(files)].flatMap((home) => NAMES.map((name) => `${home}/${name}`));
    const found = new Map<string, Keys>(); // one file may be reached by two homes
    for (const path of [...paths, OF_DROPBEAR]) {
      const keys = files.read(path);
      const count = keys?.text.split('\n').filter((line) => /^\s*[^\s#]/.test(line)).length ?? 0;
      if (keys !== undefined && count > 0) found.set(keys.file.path, { file: keys.file, count });
    }
    return tellFew([...found.values()], (keys) => letsIn(files, keys));
  },
};

function homesOf(files: ImageFiles): ReadonlySet<string> {
  const accounts = readAccounts(files.read('etc/passwd')?.text ?? '');
  const folders = [...files.list('home')].map(({ path }) => path);
  return new Set(['root', ...accounts.map(({ home }) => home), ...folders]);
}

function letsIn(files: ImageFiles, { file, count }: Keys): Finding {
  const keys = count === 1 ? 'a key' : `${count} keys`;
  return makeFinding(
    {
      rule: 'hygiene.authorized-keys',
      severity: 'high',
      confidence: 'high',
      message: `whoever has ${keys} may log in by SSH`,
      remedy: 'Remove the file; mount the keys into the container where it needs them',
      where: files.locate(file),
      args: { count },
    },
    [file.path],
  );
}
