import type { Descriptor } from './descriptor.ts';

/** What a registry lists, for whoever wants to look at all of it. Names are foreign text. */
export interface Catalogue {
  /**
   * The repositories of the registry, as it lists them: of those that this login may see, mostly.
   * @throws {PratiqueError} `NOT_SUPPORTED` where the registry gives no catalogue, or a transport fault
   */
  repositories(): AsyncIterable<string>;
  /**
   * The tags of a repository.
   * @throws {PratiqueError} `NOT_FOUND` where there is no such repository, or a transport fault
   */
  tags(repository: string): AsyncIterable<string>;
  /** What a tag stands for now, computed over its bytes; `undefined` where the registry answered 404. */
  lookUp(repository: string, tag: string): Promise<Descriptor | undefined>;
  /** Ends connections; safe to call twice. */
  close(): Promise<void>;
}
