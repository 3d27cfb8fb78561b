import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingPrograms, runProgram } from './programs.ts';

const SCRIPT = fileURLToPath(new URL('../../testdata/make-debian-image.sh', import.meta.url));
const NO_MIRROR = /ended with 75: /; // see the script

/** Names a layout with the tag `debian` that `testdata/make-debian-image.sh` made before. */
export const LAYOUT_VARIABLE = 'PRATIQUE_DEBIAN_LAYOUT';

/** Why there can be no Debian image here; nothing where there can, unless no mirror answers. */
export function whyNoDebian(): string | undefined {
  const given = process.env[LAYOUT_VARIABLE];
  if (given !== undefined)
    return existsSync(join(given, 'oci-layout')) ? undefined : `${LAYOUT_VARIABLE} names no OCI layout`;
  if (process.getuid?.() !== 0) return 'debootstrap wants root';
  const missing = missingPrograms('debootstrap', 'umoci');
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')} (apt-get install them)`;
}

/**
 * The layout, made in a folder unless one is given; that takes a minute or two.
 * @returns where it is, or why there is none
 */
export async function debianLayout(folder: string): Promise<{ layout: string } | { reason: string }> {
  const given = process.env[LAYOUT_VARIABLE];
  if (given !== undefined) return { layout: given };
  const layout = join(folder, 'layout');
  try {
    await runProgram('sh', [SCRIPT, layout]);
    return { layout };
  } catch (thrown) {
    const { message } = thrown as Error;
    if (!NO_MIRROR.test(message)) throw thrown;
    return { reason: `debootstrap could not get Debian: ${message.replace(/^.*?ended with 75: /s, '')}` };
  }
}
