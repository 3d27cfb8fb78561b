import type { CheckWords } from '../check-words.ts';

/** What is told of the checks of files that give rights away. */
export const FILE_WORDS: Readonly<Record<string, CheckWords>> = {
  'hygiene.entrypoint-exe': {
    what:
      'The entrypoint (the command where there is none), the program of the health check, or an interpreter ' +
      'that one of them names behind `#!`, leads through links of the image to `/proc`, `/dev` or `/sys`: ' +
      '`/proc/self/exe`, `/proc/self/fd/3`. Also found by its name in any folder of PATH, as it hangs on ' +
      'the runtime and the user which of them wins. A working directory that leads there is ' +
      '`hygiene.workdir-link`. What is written so without a link is told by `hygiene.workdir`.',
    why:
      '`/proc/self/exe` is the runtime itself while it starts a container, and can be overwritten ' +
      '(CVE-2019-5736); an open file of the runtime leads out to the host (CVE-2024-21626).',
    evidence:
      'The field, the command, and where it leads in the merged filesystem. Critical where that is the ' +
      'runtime, high else.',
    remedy: 'Do not run the image.',
    settings:
      'Level only. Not seen: what a shell is told to run, libraries, and programs that open `/proc` ' +
      'themselves. Default level: fail.',
  },
  'hygiene.system-links': {
    what:
      '`/dev`, `/proc` or `/sys` is a link, a file or a device in a layer: high where a container sees it, ' +
      'low where a later layer covers it.',
    why:
      'Runtimes mount over these folders. Where one is a link, the mount lands elsewhere, and what masks ' +
      "the kernel's files is off (CVE-2023-28642, CVE-2026-41579).",
    evidence: 'Layer and path, and where the link leads.',
    remedy: 'Make it an empty folder, or leave it out.',
    settings: '`fail-from` (`high` where nothing else is said). Default level: fail.',
  },
  'hygiene.setuid': {
    what:
      'Programs that give rights to whoever starts them: setuid, setgid, and file capabilities ' +
      '(`security.capability`), as a container sees them. With a known base (`bases`) those that it has are ' +
      'not told, nor the same with the content that a package vouches for; new ones, and those with another ' +
      'content, are medium. Without one, what a package database vouches for and what every distribution ' +
      'has (`su`, `mount`, `ping`) is told together as `hygiene.usual-setuid`, severity info; others are ' +
      "low, and medium where the policy has `bases` and none of them is known to be the image's. A shell, " +
      'interpreter or copying program is high, also where a package vouches for its content, which says ' +
      'nothing about its rights.',
    why: 'They are how a process that is not root becomes root.',
    evidence:
      'Path, mode, capabilities, layer, and the package. After twenty findings the others are counted in ' +
      'one.',
    remedy: '`chmod a-s`, `setcap -r`; in Kubernetes `allowPrivilegeEscalation: false`.',
    settings: 'Level only. Default level: warn.',
  },
  'hygiene.writable-path': {
    what:
      'A folder on PATH that everybody may write to, or that is not there and everybody may make, is ' +
      'medium, with a sticky bit low: that keeps nobody from adding a program. One in `/dev`, `/proc` or ' +
      "`/sys` is medium (`/dev/shm` is everybody's), one that hangs on the working directory low. All other " +
      'folders that everybody may write to without a sticky bit are `hygiene.writable-folder`, severity ' +
      'low, told together.',
    why: 'Who may put a program on PATH has it run by the next who types its name.',
    evidence: 'The folder as PATH has it, its mode, and the layer that set it.',
    remedy: '`chmod o-w`; absolute folders on PATH.',
    settings: 'Level only. Default level: warn.',
  },
  'hygiene.accounts': {
    what:
      'An account of `/etc/passwd` with an empty password, there or in `/etc/shadow` (to which `x` leads, ' +
      'and in BusyBox `*`), is `hygiene.empty-password`: high for root and whoever else has the number 0, ' +
      'medium for others, low for those without a shell. An account that has the number 0 and is not called ' +
      'root is `hygiene.second-root`, severity low.',
    why: 'Root without a password is root for whoever can call `su` (CVE-2019-5021).',
    evidence: 'The account and the file; never a hash.',
    remedy: '`passwd -l ACCOUNT`, or `*` in place of the password.',
    settings:
      '`fail-from` (`high` where nothing else is said). Where a file is there and was not kept, the check ' +
      'is unknown, here and in the three checks below: it has more than 128 KiB, is one of more than 1 MiB ' +
      'in its layer, is sparse or a device, or is a link to another name or to `/proc/self/root`. Default ' +
      'level: fail.',
  },
  'hygiene.sudo-nopasswd': {
    what:
      '`NOPASSWD`, `!authenticate` or `exempt_group` in `/etc/sudoers` or a file of `/etc/sudoers.d` that ' +
      'sudo reads, also of those below `/usr/etc` and `/usr/local/etc`, and of files that they include: ' +
      'medium for everything, low for some commands. Not for root itself.',
    why: 'Whoever becomes this account in the container becomes root.',
    evidence: 'File, line, and whom it is about. What a container does not see is not told.',
    remedy: 'Take NOPASSWD out; do what needs root while the image is built.',
    settings:
      'Level only. Groups and aliases are not resolved. Where an included file is there and is not called ' +
      '`sudoers` or in a folder `sudoers.d`, it was not kept, and the check is unknown. Default level: ' +
      'warn.',
  },
  'hygiene.authorized-keys': {
    what:
      'Keys in `.ssh/authorized_keys` or `authorized_keys2` of `/root`, of the folders of `/home`, and of ' +
      'every home in `/etc/passwd`; in `/etc/dropbear/authorized_keys`.',
    why: 'Whoever has the other half may log in wherever the image runs and SSH is reached.',
    evidence:
      'The file and how many keys it has. A public key is no secret: what a later layer deletes is not ' +
      'told.',
    remedy: 'Remove the file; mount the keys where they are needed.',
    settings: 'Level only. Default level: fail.',
  },
  'hygiene.preload': {
    what: '`/etc/ld.so.preload` names a library.',
    why:
      'The library is loaded into every program, which is how miners hide. Almost nobody has another use ' +
      'for it.',
    evidence: 'The libraries, and the layer.',
    remedy: 'Find out what it does and who put it there; empty the file.',
    settings: 'Level only. Default level: fail.',
  },
  'hygiene.cron': {
    what:
      'Tables and scripts of cron, and units of systemd, that the image adds to its base: low, and info ' +
      'where a package vouches for them. Without `bases` nothing is told; all, where the image stands on ' +
      'none of them; where one that it may stand on could not be read, the check is unknown.',
    why:
      'What is started by the clock is a place to come back from. Containers have no cron of their own, ' +
      'mostly.',
    evidence: 'Path and layer, and the package.',
    remedy: 'Take it out, or let what starts containers see to the times.',
    settings: 'Level only; needs `bases`. Default level: warn.',
  },
  'hygiene.git-folder': {
    what: 'A folder `.git` with a repository in it, in any layer, also where a later layer deletes it.',
    why: 'It has everything that was ever checked in, also what was taken out again, and who did it.',
    evidence: 'The folder, the layer, and whether it is still visible.',
    remedy: 'Put `.git` into `.dockerignore`.',
    settings: 'Level only. Secrets in it are told by `secrets`. Default level: warn.',
  },
  'hygiene.docker-socket': {
    what:
      'A file, link or folder where a container engine has its socket: `/var/run/docker.sock`, ' +
      '`/run/containerd/containerd.sock`, those of podman and CRI-O; in any layer.',
    why: 'It is there so that the socket can be mounted over it, and whoever has that has the machine.',
    evidence: 'Path and layer. A volume at such a place is told by `hygiene.volumes`.',
    remedy: 'Take it out.',
    settings: 'Level only. Default level: warn.',
  },
};
