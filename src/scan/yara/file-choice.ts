/** Bytes from which it can be told what a file is. */
export const CHOICE_BYTES = 4;

/** First bytes of programs: ELF, Mach-O of both orders and widths, fat ones and Java classes, WebAssembly, Dalvik. */
const MAGIC: ReadonlySet<number> = new Set([
  0x7f454c46, 0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe, 0xcafebabf, 0xbebafeca, 0x0061736d,
  0x6465780a,
]);
const DOS = 0x4d5a; // MZ: Windows
const SHEBANG = 0x2321; // #!
/** Scripts that an interpreter is given by name, with nothing in them that says what they are. */
const SCRIPT =
  /\.(?:[bcz]?sh|bash|ksh|fish|py[cow]?|pl|pm|rb|php\d?|phtml|phar|[cm]?js|[cm]?ts|lua|tcl|awk|ps[dm]?1|bat|cmd|vbs|jspx?|aspx?|cgi|groovy|r)$/i;

/** Whether a file is a program or a script, by its first bytes and its name. */
export function isProgramOrScript(head: Uint8Array, path: string): boolean {
  if (SCRIPT.test(path)) return true;
  const [a = 0, b = 0, c = 0, d = 0] = head;
  const short = head.length < 2 ? -1 : a * 0x100 + b;
  if (short === DOS || short === SHEBANG) return true;
  return head.length >= CHOICE_BYTES && MAGIC.has(short * 0x1_0000 + c * 0x100 + d);
}
