/** Stretches of bytes that were decoded, in their order, and where in the file each stood. Plain numbers: there are very many. */
export class Stretches {
  private readonly froms: number[] = [];
  private readonly positions: number[] = [];
  private readonly packed: boolean[] = [];
  /** how many there are; what lies behind them in the lists is room */
  count = 0;

  /**
   * @param from the first byte, among all those decoded
   * @param position of the first letter in the file
   * @param isPacked unpacked as well: all of it stands at one position
   */
  add(from: number, position: number, isPacked: boolean): void {
    this.froms[this.count] = from;
    this.positions[this.count] = position;
    this.packed[this.count++] = isPacked;
  }

  clear(): void {
    this.count = 0;
  }

  /** Drops every other one: what it began is then part of the one before. */
  thin(): void {
    const before = this.count;
    this.count = 0;
    for (let index = 0; index < before; index += 2)
      this.add(this.froms[index] as number, this.positions[index] as number, this.packed[index] as boolean);
  }

  /** The one that holds a byte, by its number among all those decoded; there is at least one. */
  holding(byte: number): { readonly from: number; readonly position: number; readonly isPacked: boolean } {
    let low = 0;
    for (let high = this.count; high - low > 1; ) {
      const middle = (low + high) >>> 1;
      if ((this.froms[middle] as number) <= byte) low = middle;
      else high = middle;
    }
    return {
      from: this.froms[low] as number,
      position: this.positions[low] as number,
      isPacked: this.packed[low] as boolean,
    };
  }
}
