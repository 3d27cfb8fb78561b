/** A TUF repository's files, wherever they lie. Nothing that comes from it is believed before its signatures are checked. */
export interface Mirror {
  /**
   * @param path below the repository's URL
   * @param limitBytes one byte more is a fault
   * @returns `undefined` where there is no such file
   * @throws {PratiqueError} for whatever is no answer
   */
  get(path: string, limitBytes: number): Promise<Uint8Array | undefined>;
}
