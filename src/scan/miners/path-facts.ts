/** What the path of a file says of it. Nothing of this convicts alone: names are free. */
export interface PathFacts {
  /** the name of the file is that of a miner, or one that miners go by */
  readonly isMinerName: boolean;
  /** the file lies in a hidden folder, or one for temporary files */
  readonly isHidden: boolean;
  /** the file lies in a folder whose name is made to be overlooked, or where only memory is shared */
  readonly isOverlooked: boolean;
  /** what is in the file is run by the system itself: cron, systemd, a shell that starts */
  readonly isStarted: boolean;
  /** written for people: by its name a manual, or where manuals lie */
  readonly isDocument: boolean;
}

const MINER_NAME =
  /^(?:xmrig(?:-(?:notls|cuda|amd|nvidia|proxy|mo))?|xmr-stak(?:-cpu|-rx)?|minerd|minergate(?:-cli)?|cpuminer(?:-multi|-opt)?|ccminer|ethminer|cgminer|bfgminer|sgminer|claymore|nbminer|t-rex|gminer|lolminer|phoenixminer|teamredminer|nanominer|bminer|wildrig(?:-multi)?|srbminer(?:-multi)?|kdevtmpfsi|kinsing|dbused|sysrv\d*|bioset|javae|kthreadd[ik]?|kswapd0|\[[a-z]{1,12}\])$/i;
/** Folders whose names begin with a dot, and those that anybody may write to. */
const HIDDEN = /(?:^|\/)(?:\.[^/]+|tmp|var\/tmp|dev\/shm|run\/lock)\//;
/** Dots only, or a name that begins or ends with a blank: `...`, `.. `. */
const OVERLOOKED = /(?:^|\/)(?:\.{3,}| [^/]*|[^/]* )\/|^dev\/(?:shm|mqueue)\//;
const STARTED =
  /^(?:etc\/(?:cron[^/]*(?:$|\/)|anacrontab$|init\.d\/|rc[^/]*(?:$|\/)|profile(?:$|\.d\/)|bash\.bashrc$|systemd\/|supervisor|periodic\/|local\.d\/|cont-init\.d\/|services\.d\/|s6-overlay\/|inittab$)|var\/spool\/cron\/|(?:usr\/)?lib\/systemd\/|(?:root|home\/[^/]+)\/\.(?:bashrc|bash_profile|profile|zshrc|config\/(?:systemd|autostart)\/))/;
const DOCUMENT =
  /\.(?:md|markdown|rst|adoc|html?|txt|tex|pod|[1-8]|1p|info)$|(?:^|\/)usr\/share\/(?:doc|man|info)\/|(?:^|\/)(?:readme|changelog|changes|news|copying|license)$/i;

/** The list of libraries that are loaded into every program. @see ld.so(8) */
const PRELOAD = 'etc/ld.so.preload';
/** Behind the path of a packed program, for what it unpacks to. */
const UNPACKED = '!/unpacked';

/**
 * Reads a path.
 * @param path in the image, with the archives around it; of an archive, only the last part says where a file lies
 */
export function readPath(path: string | undefined): PathFacts {
  const whole = path ?? '';
  const inner =
    (whole.endsWith(UNPACKED) ? whole.slice(0, -UNPACKED.length) : whole).split('!/').at(-1) ?? '';
  return {
    isMinerName: MINER_NAME.test(inner.slice(inner.lastIndexOf('/') + 1)),
    isHidden: HIDDEN.test(inner),
    isOverlooked: OVERLOOKED.test(inner),
    isStarted: STARTED.test(inner),
    isDocument: DOCUMENT.test(inner),
  };
}

/** Whether a file is the list of libraries that are loaded into every program. */
export function isPreload(path: string | undefined): boolean {
  return path === PRELOAD || path === `${PRELOAD}${UNPACKED}`;
}
