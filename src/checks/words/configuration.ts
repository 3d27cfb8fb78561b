import type { CheckWords } from '../check-words.ts';

/** What is told of the checks of how an image would run. */
export const CONFIGURATION_WORDS: Readonly<Record<string, CheckWords>> = {
  'hygiene.root-user': {
    what:
      'The image starts as root: `User` is empty, `root`, `0`, `0:GROUP`, `+0`, `00`, negative, beyond ' +
      "2147483647, or malformed; or it is a name, also one of digits, to which the image's `/etc/passwd` " +
      'gives such a number, or no number at all, which runtimes take for 0. A name with another number is ' +
      '`hygiene.named-user`, severity info; one that `/etc/passwd` does not have is `hygiene.missing-user`, ' +
      'severity low, as runtimes refuse to start it.',
    why:
      'A process that breaks out of its container is then root outside. Ids beyond the range have been ' +
      'taken for 0 by runtimes (CVE-2024-40635).',
    evidence: '`config.User`, as the image has it, and the number in `/etc/passwd`.',
    remedy: '`USER 10001` as the last USER of the Dockerfile; a number, as Kubernetes cannot check a name.',
    settings:
      'Level only. An `/etc/passwd` of more than 128 KiB is not kept, and the check is then unknown. ' +
      'Default level: warn.',
  },
  'hygiene.admin-ports': {
    what:
      'The image exposes a port of an administration interface. High: 2375, 2376 (Docker), 2379, 2380 ' +
      '(etcd), 6443, 8001 (Kubernetes), 10250, 10255 (kubelet). Medium: 22, 23, 3389, 5900. Info: ports of ' +
      'databases.',
    why:
      'Who reaches such a port has the machine or the cluster; in an image it is mostly left over from ' +
      'debugging.',
    evidence: '`config.ExposedPorts`, the port, and whose it is.',
    remedy: 'Take the EXPOSE line out.',
    settings:
      '`ports` replaces the list, and all of its ports are high; `fail-from` (`high` where nothing else is ' +
      'said, so that SSH only warns). Default level: fail.',
  },
  'hygiene.workdir': {
    what:
      'The working folder, or one that a step of the build was run in, goes through an open file or folder ' +
      'of a process (`/proc/self/fd/8`, `/dev/fd/8`, `/proc/1/cwd`: critical), lies in `/proc`, `/sys` or ' +
      '`/dev` (high; `/dev/shm` may be), or, in the configuration, goes up with `..` (medium). Or the ' +
      'entrypoint, command or health check is such a file (critical): `/proc/self/exe`. The standard ' +
      'streams `/proc/self/fd/0` to `2` may be arguments.',
    why:
      'runc started containers in a folder of the host that it had left open (CVE-2024-21626, fixed in ' +
      '1.1.12), and could be made to start itself from inside (CVE-2019-5736).',
    evidence:
      'The field, or the line of the history. Every folder on the way counts: what follows `..` is not ' +
      'where it seems.',
    remedy: 'Do not run the image; no builder writes that by itself.',
    settings: '`fail-from` (`high` where nothing else is said). Default level: fail.',
  },
  'hygiene.volumes': {
    what:
      'A VOLUME at `/`, in `/proc`, `/sys` or `/dev`, at the socket of a runtime (`/var/run/docker.sock`), ' +
      'or with `..` in it: high. At a folder of the system (`/etc`, `/usr`, `/bin`, …) or `/sys/fs/cgroup`: ' +
      'medium. A folder inside `/etc` or `/usr` may be data and is let be.',
    why:
      'containerd copied files of the host into a volume whose path went up (CVE-2022-23648); a volume over ' +
      'the system keeps what an update of the image should have replaced.',
    evidence: '`config.Volumes`.',
    remedy: 'Take the VOLUME line out, or name a folder that holds data only.',
    settings: '`fail-from` (`high` where nothing else is said). Default level: fail.',
  },
  'hygiene.runtime-labels': {
    what:
      "A label that the runtime obeys, as it copies an image's labels to the container: " +
      '`containerd.io/restart.*` critical, all other `containerd.io/*` and `io.cri-containerd*` high; ' +
      '`io.containerd.*`, `nerdctl/*` and `io.containers.autoupdate` (Podman) medium; `io.kubernetes.*` and ' +
      "`com.docker.swarm.*` low; `com.nvidia.volumes.needed` (nvidia-docker 1) info. Today's NVIDIA toolkit " +
      'goes by environment variables, not by labels.',
    why:
      "containerd's restart monitor runs a program of the host where such a label names one: an image could " +
      'run commands as root outside (CVE-2026-53488, fixed in 1.7.33, 2.0.10, 2.1.9, 2.2.5 and 2.3.2).',
    evidence:
      'The key of the label in `config.Labels`. Labels of Compose are left alone: its builds write them.',
    remedy: 'Take the LABEL out.',
    settings: '`fail-from` (`high` where nothing else is said). Default level: fail.',
  },
  'hygiene.remote-add': {
    what:
      'A step of the build gave a shell, Python, Perl, Ruby, Node or PHP what `curl` or `wget` brought ' +
      '(`curl … | sudo bash -`, `sh -c "$(curl …)"`, `bash <(curl …)`): medium. Or it added a file by its ' +
      'address: low, and medium over an open line. A git address that ends in a commit is pinned.',
    why: 'Whoever holds that address at the moment of the build decides what is in the image.',
    evidence:
      'The line of the history, read as commands: `echo "curl | sh"` is an echo. Only lines of the image\'s ' +
      'own layers count where its base is known; all where it is not, and they are low where the policy has ' +
      'no `bases`.',
    remedy: 'Download, compare a checksum, then run; give ADD a checksum, or copy the file in.',
    settings:
      'Level only. BuildKit leaves the checksum of an ADD out of the history, so one that has it is found ' +
      'as well: accept it by its fingerprint. A script that was saved and run by its name is not found, nor ' +
      'what PowerShell runs, nor an ADD by the builder before BuildKit, which writes no address. Default ' +
      'level: warn.',
  },
};
