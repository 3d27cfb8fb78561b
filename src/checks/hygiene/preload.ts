import { quoted } from '../../model/printable.ts';
import type { FileCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';

const PRELOAD = 'etc/ld.so.preload';
const MOST_SHOWN = 5;

/**
 * Finds images that load a library into every program they start, which is how processes are hidden.
 * Source: ld.so(8), FILES; the separators are those of glibc, elf/rtld.c.
 */
export const hygienePreload: FileCheck = {
  id: 'hygiene.preload',
  reads: 'files',
  run({ files }) {
    const preload = files.read(PRELOAD);
    if (preload === undefined) return [];
    const names = preload.text
      .replace(/#[^\n]*/g, '')
      .split(/[ \t\n:]+/)
      .filter((name) => name !== '');
    if (names.length === 0) return [];
    const libraries = names.slice(0, MOST_SHOWN).map(files.clean);
    const more = names.length > MOST_SHOWN ? ` and ${names.length - MOST_SHOWN} more` : '';
    return [
      makeFinding(
        {
          rule: 'hygiene.preload',
          severity: 'high',
          confidence: 'verified',
          message: `/${PRELOAD} loads ${libraries.map((name) => quoted(name)).join(', ')}${more} into every program`,
          remedy: 'Find out what the library does and who put it there; empty the file',
          where: files.locate(preload.file),
          args: { libraries, count: names.length },
        },
        names,
      ),
    ];
  },
};
