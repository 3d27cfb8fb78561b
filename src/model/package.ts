/** The package managers whose databases are read, by their type in a package URL. @see purl-spec, PURL-TYPES */
export const PACKAGE_MANAGERS = ['apk', 'conda', 'deb', 'npm', 'pypi', 'rpm'] as const;

export type PackageManager = (typeof PACKAGE_MANAGERS)[number];

/** A package that a database in the image speaks of. Its texts are foreign, and not escaped. */
export interface Package {
  readonly manager: PackageManager;
  readonly name: string;
  readonly version?: string;
}

/**
 * How a database vouches for a file: by the `digest` of its content; `compiled`, where it vouches so for the source
 * that the file was made from; by `path`, where the database has no digests of files.
 */
export type Vouching = 'digest' | 'compiled' | 'path';

/** The package that a file came with, as a database in the image says. */
export interface VouchingPackage extends Package {
  readonly by: Vouching;
  /** others that vouch for the same file; absent where there are none */
  readonly also?: readonly Package[];
}
