import { readdirSync, readFileSync } from 'node:fs';

/** Seconds that processors were busy. */
export interface Used {
  /** by program: of all processes that this one has started, and those that these have */
  readonly programs: ReadonlyMap<string, number>;
  /** of all processes of the machine */
  readonly machine: number;
}

/** The programs that a sweep with everything around it consists of, and what the command line of each has in it. */
export const PROGRAMS = [
  ['registry', 'docker-registry'],
  ['redis', 'redis-server'],
  ['judging', 'judging-process'],
  ['sweep', 'pratique.js sweep'],
  ['workers', 'pratique.js worker'],
] as const;

export interface ProcessorWatch {
  /** what was used since it began */
  used(): Used;
  stop(): void;
}

/** clock ticks of a second in /proc on every Linux that Node runs on */
const TICKS = 100;
/** milliseconds; what a process used after the last look at it is not counted */
const LOOK_EVERY = 250;

/**
 * Watches what processes use, by /proc.
 * @param programs names, and what the command line of each has in it
 */
export function watchProcessors(programs: readonly (readonly [string, string])[]): ProcessorWatch {
  const seen = new Map<string, { readonly name: string | undefined; seconds: number }>();
  const look = () => {
    const ours = new Set([process.pid]);
    for (const { pid, parent, began, seconds } of processes()) {
      if (!ours.has(parent)) continue;
      ours.add(pid);
      const id = `${pid} ${began}`;
      const known = seen.get(id);
      if (known !== undefined) known.seconds = seconds;
      const name = known ? undefined : programs.find(([, part]) => commandLineOf(pid).includes(part))?.[0];
      if (name !== undefined) seen.set(id, { name, seconds }); // one that is not known yet may still become another program
    }
  };
  const timer = setInterval(look, LOOK_EVERY);
  return {
    used() {
      look();
      const sums = new Map(programs.map(([name]) => [name, 0]));
      for (const { name = '', seconds } of seen.values()) sums.set(name, (sums.get(name) ?? 0) + seconds);
      return { programs: sums, machine: machineSeconds() };
    },
    stop: () => clearInterval(timer),
  };
}

interface Seen {
  readonly pid: number;
  readonly parent: number;
  /** ticks since the machine was started */
  readonly began: string;
  readonly seconds: number;
}

/** All processes, the older ones first. @see proc(5), /proc/pid/stat */
function processes(): readonly Seen[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const all = pids.flatMap((pid): readonly Seen[] => {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS;
      return [{ pid: Number(pid), parent: Number(fields[1]), began: fields[19] ?? '', seconds }];
    } catch {
      return []; // it ended meanwhile
    }
  });
  return all.toSorted((a, b) => Number(a.began) - Number(b.began) || a.pid - b.pid);
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** @see proc(5), /proc/stat: user, nice, system, idle, iowait, irq, softirq */
function machineSeconds(): number {
  const [first = ''] = readFileSync('/proc/stat', 'latin1').split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = first.split(/ +/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) / TICKS;
}
