/** Whoever starts processes in places that it shares with others. */
export interface PlaceTaker {
  /** whether it wants a place and has none */
  isWaiting(): boolean;
  /** Starts a process in a place that was taken for it. */
  start(): void;
  /** Ends a process that has nothing to do, and gives its place back. @returns whether there was one */
  spare(): boolean;
}

/** Places for processes: so many, whoever wants them. A worker serves several sweeps, and each has processes of its own. */
export interface ProcessPlaces {
  enter(taker: PlaceTaker): void;
  leave(taker: PlaceTaker): void;
  /** Takes a place, if need be one in which another has nothing to do. @returns whether there was one */
  take(taker: PlaceTaker): boolean;
  /** Gives a place back: the next one that waits has it. */
  give(): void;
  /** whether another waits for a place */
  isWantedBesides(taker: PlaceTaker): boolean;
}

/** @param size processes at most */
export function makeProcessPlaces(size: number): ProcessPlaces {
  const takers = new Set<PlaceTaker>();
  let taken = 0;

  function give(): void {
    taken -= 1;
    const next = [...takers].find((one) => one.isWaiting());
    if (next === undefined) return;
    occupy(next);
    next.start();
  }

  /** Whoever had its turn stands last. */
  function occupy(taker: PlaceTaker): void {
    takers.delete(taker);
    takers.add(taker);
    taken += 1;
  }

  return {
    enter: (taker) => void takers.add(taker),
    leave: (taker) => void takers.delete(taker),
    take(taker) {
      if (taken >= size) [...takers].some((one) => one.spare());
      if (taken >= size) return false;
      occupy(taker);
      return true;
    },
    give,
    isWantedBesides: (taker) => [...takers].some((one) => one !== taker && one.isWaiting()),
  };
}
