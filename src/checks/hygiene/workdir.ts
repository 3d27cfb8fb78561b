import type { Finding, Severity } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import { quoted } from '../../model/printable.ts';
import type { ConfigCheck } from '../check.ts';
import { atField, makeFinding } from '../make-finding.ts';
import { withoutSecrets } from '../without-secrets.ts';
import { readBuildLine } from './parts/build-line.ts';
import { tellFew } from './parts/few.ts';
import { gravestFirst } from './parts/gravest.ts';
import { isDoor, isStandardStream, kernelFolder, walk } from './parts/system-path.ts';

const FIELD = 'config.WorkingDir';
/** Characters of a folder from which relative ones count: PATH_MAX, past which no kernel goes, and chains would grow. */
const LONGEST = 4096;

interface Place {
  readonly field: string;
  readonly path: string;
}

interface Command extends Place {
  readonly isProgram: boolean;
}

interface Fault {
  readonly what: 'working folder' | 'command';
  readonly severity: Severity;
  /** a clause behind the path */
  readonly why: string;
}

/**
 * Finds working folders and programs that lie where a container reaches out of itself. A working folder
 * `/proc/self/fd/8` is a folder of the host that runc had left open (CVE-2024-21626); `/proc/self/exe` is runc itself
 * where it starts the container (CVE-2019-5736).
 * Source: OCI image-spec v1.1.1, config.md, `config.WorkingDir`, `config.Entrypoint`, `config.Cmd`.
 */
export const hygieneWorkdir: ConfigCheck = {
  id: 'hygiene.workdir',
  reads: 'config',
  run(image) {
    if (image.config.os === 'windows') return [];
    const faults = [
      ...foldersOf(image).flatMap((place) => withPlace(place, folderFault(place))),
      ...commandsOf(image).flatMap((place) => withPlace(place, commandFault(place))),
    ];
    return tellFew(gravestFirst(faults), (fault) => finding(image, fault));
  },
};

/** The folder that counts, and others that steps of the build were run in; each path once. */
function foldersOf({ config }: Image): readonly Place[] {
  let here: string | undefined = '/';
  const steps = config.history.flatMap(({ createdBy }, index) => {
    const { instruction, text } = readBuildLine(createdBy);
    if (instruction !== 'WORKDIR') return [];
    here = folderFrom(here, unquoted(text));
    return here === undefined ? [] : [{ field: `history[${index}]`, path: here }];
  });
  return onceEach([{ field: FIELD, path: config.workingDir }, ...steps]);
}

/** Buildah writes a relative folder as it stands in the Dockerfile; nothing where a variable says from where it counts. */
function folderFrom(here: string | undefined, text: string): string | undefined {
  if (text.startsWith('/')) return text;
  if (here === undefined || text.startsWith('$')) return undefined;
  const { path } = walk(here);
  return path.length > LONGEST ? undefined : `${path === '/' ? '' : path}/${text}`;
}

/** What is started, and arguments that are nothing but a path: a shell or loader may run them. */
function commandsOf({ config }: Image): readonly Command[] {
  const { entrypoint, cmd, healthcheck } = config;
  const fields = [
    { name: 'Entrypoint', words: entrypoint, program: 0 },
    { name: 'Cmd', words: cmd, program: entrypoint.length === 0 ? 0 : -1 },
    { name: 'Healthcheck', words: healthcheck, program: 1 },
  ];
  return onceEach(
    fields.flatMap(({ name, words, program }) =>
      words.map((path, at) => ({ field: `config.${name}[${at}]`, path, isProgram: at === program })),
    ),
  );
}

function onceEach<T extends Place>(places: readonly T[]): readonly T[] {
  const seen = new Set<string>();
  return places.filter(({ path }) => path !== '' && !seen.has(path) && seen.add(path));
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/s, '$2');
}

function withPlace(place: Place, fault: Fault | undefined): readonly (Place & Fault)[] {
  return fault === undefined ? [] : [{ ...place, ...fault }];
}

function folderFault({ field, path }: Place): Fault | undefined {
  const what = 'working folder';
  const walked = walk(path);
  const kernel = kernelFolder(walked);
  if (isDoor(walked))
    return { what, severity: 'critical', why: 'which can be a folder of the host (CVE-2024-21626)' };
  if (kernel !== undefined)
    return { what, severity: 'high', why: `which lies in ${kernel}, where nothing is run` };
  // In the history it stands as in the Dockerfile; in the configuration every builder has resolved it.
  if (walked.hasParent && field === FIELD)
    return { what, severity: 'medium', why: 'which goes up: no builder writes that' };
  return undefined;
}

function commandFault({ path, isProgram }: Command): Fault | undefined {
  if (!path.startsWith('/')) return undefined;
  const walked = walk(path);
  if (!isDoor(walked) || (!isProgram && isStandardStream(walked))) return undefined;
  const why = 'which can be the runtime itself, or a file of the host (CVE-2019-5736)';
  return { what: 'command', severity: 'critical', why };
}

function finding(image: Image, { field, path, what, severity, why }: Place & Fault): Finding {
  const said = withoutSecrets(path);
  return makeFinding(
    {
      rule: 'hygiene.workdir',
      severity,
      confidence: 'high',
      message: `its ${what} is ${quoted(said)}, ${why}`,
      remedy: 'Do not run the image; find out who wrote that',
      where: atField(image, field),
      args: { path: said },
    },
    [what, path],
  );
}
