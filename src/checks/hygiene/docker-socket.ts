import type { Finding } from '../../model/finding.ts';
import { quoted } from '../../model/printable.ts';
import type { EntryPlace, ImageFiles } from '../../scan/image-files.ts';
import type { FileCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';
import { tellFew } from './parts/few.ts';

/** Where engines listen. A layer holds no sockets; what stands there is a link, a file or a folder for a mount. */
const SOCKET =
  /^(?:var\/)?run\/(?:docker|(?:user\/[0-9]+\/)?podman\/podman|containerd\/containerd|crio\/crio)\.sock$/;

/**
 * Finds images that are made to be given a container engine's socket: whoever has it has the machine. That they declare it
 * as a volume is told by `hygiene.volumes`.
 */
export const hygieneDockerSocket: FileCheck = {
  id: 'hygiene.docker-socket',
  reads: 'files',
  run({ files }) {
    const places: EntryPlace[] = [];
    for (const { layer, ordinal, entry } of files.entries())
      if (SOCKET.test(entry.path)) places.push({ layer, ordinal, path: entry.path });
    return tellFew(places, (place) => findingOf(files, place));
  },
};

function findingOf(files: ImageFiles, place: EntryPlace): Finding {
  return makeFinding(
    {
      rule: 'hygiene.docker-socket',
      severity: 'medium',
      confidence: 'medium',
      message: `it has a place for the socket of a container engine: ${quoted(`/${place.path}`)}`,
      remedy: 'Take it out; give the container no engine of its machine',
      where: files.locate(place),
      args: {},
    },
    [place.path, String(place.layer)],
  );
}
