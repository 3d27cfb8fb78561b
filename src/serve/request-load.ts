/** What all requests hold in memory together. */
export interface RequestLoad {
  /**
   * A request begins to be read.
   * @param giveUp breaks it off, so that others have room
   */
  begin(giveUp: () => void): ReadingRequest;
}

export interface ReadingRequest {
  /** So many bytes more have come. @returns false where there is no room for them: it is to be given up */
  take(bytes: number): boolean;
  /** It has come as a whole, and is being answered. */
  isRead(): void;
  /** It is answered, or given up. */
  end(): void;
}

interface Held {
  bytes: number;
  isReading: boolean;
  readonly giveUp: () => void;
}

/**
 * Where there is no more room, whoever has sent most of a request and not its end gives way: a few that send slowly must not keep
 * everybody else from being answered.
 * @param most bytes
 */
export function makeRequestLoad(most: number): RequestLoad {
  const open = new Set<Held>();
  let bytes = 0;

  function release(held: Held): void {
    if (open.delete(held)) bytes -= held.bytes;
  }

  return {
    begin(giveUp) {
      const own: Held = { bytes: 0, isReading: true, giveUp };
      open.add(own);
      return {
        take(count) {
          if (!open.has(own)) return false;
          own.bytes += count;
          bytes += count;
          while (bytes > most) {
            const largest = [...open]
              .filter(({ isReading }) => isReading)
              .reduce((one, other) => (other.bytes > one.bytes ? other : one), own);
            release(largest);
            if (largest === own) return false;
            largest.giveUp();
          }
          return true;
        },
        isRead() {
          own.isReading = false;
        },
        end: () => release(own),
      };
    },
  };
}
