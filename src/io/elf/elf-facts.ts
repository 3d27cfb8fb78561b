/** A part of an ELF file that is put into memory when it is started. */
export interface ElfSegment {
  /** of its first byte in the file */
  readonly offset: number;
  /** bytes in the file, as the header says */
  readonly fileBytes: number;
  /** bytes in memory, as the header says */
  readonly memoryBytes: number;
  /** 1 executable, 2 writable, 4 readable */
  readonly flags: number;
  /** bits per byte, 0 to 8, of its bytes in the file: about 6 for instructions, nearly 8 for what is packed */
  readonly entropy: number;
}

/** What an ELF file is, by its headers, and how random its bytes are. */
export interface ElfFacts {
  readonly class: 32 | 64;
  readonly endian: 'little' | 'big';
  readonly type: 'relocatable' | 'executable' | 'pie' | 'shared-object' | 'core' | 'other';
  /** `e_machine`: 62 x86-64, 183 AArch64, 3 i386, 40 ARM */
  readonly machine: number;
  /** a program that needs no interpreter, which would load its libraries */
  readonly isStatic: boolean;
  /** the program that starts it; binary string: one character for each byte, not escaped */
  readonly interpreter?: string;
  readonly hasSections: boolean;
  /** it has no table of symbols for debuggers; absent where its sections could not be read */
  readonly isStripped?: boolean;
  /** those of type `PT_LOAD`, in the order of the table */
  readonly segments: readonly ElfSegment[];
  /** begins like a program packed by UPX, or has no section headers and a largest segment like random bytes */
  readonly isPacked: boolean;
  /** what the headers promise and the file does not hold, or not where it could be seen; in words */
  readonly unread: readonly string[];
}
