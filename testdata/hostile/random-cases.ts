import { type HostileCase, layered, plainLayer } from './case.ts';
import { lines } from './tar-bytes.ts';

/** Cases whose layers are thrown together; the seed is in the name. */
const COUNT = 250;

/** Numbers that are the same every time. @see Marsaglia, Xorshift RNGs */
class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed * 2_654_435_761 + 1;
  }

  /** 0 to `sides` - 1 */
  roll(sides: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % sides;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.roll(items.length)] ?? items[0];
  }
}

const NAMES = ['a', 'b', 'c', 'd'] as const;
const TARGETS = ['a', 'b', '/c', '../d', 'd/a', '.', '/', 'b/../a', 'missing'] as const;

function pathOf(dice: Dice): string {
  return Array.from({ length: 1 + dice.roll(3) }, () => dice.pick(NAMES)).join('/');
}

function lineOf(dice: Dice): string {
  const path = pathOf(dice);
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
  switch (dice.roll(12)) {
    case 0:
      return `${path} -> ${dice.pick(TARGETS)}`;
    case 1:
      return `${path} => ${dice.roll(3) === 0 ? dice.pick(TARGETS) : pathOf(dice)}`;
    case 2:
    case 3:
      return `${folder}.wh.${dice.pick(NAMES)}`;
    case 4:
      return `${folder}.wh..wh..opq`;
    case 5:
    case 6:
    case 7:
      return `${path}/`;
    default:
      return `${path}=${dice.roll(100)}`;
  }
}

export function randomCases(): readonly HostileCase[] {
  return Array.from({ length: COUNT }, (_, seed) =>
    layered('filesystem', `random-${seed}`, `layers of seed ${seed}`, () => {
      const dice = new Dice(seed + 1);
      return Array.from({ length: 1 + dice.roll(3) }, () =>
        plainLayer(lines(...Array.from({ length: 1 + dice.roll(5) }, () => lineOf(dice)))),
      );
    }),
  );
}
