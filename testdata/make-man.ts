import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { EPILOGUE } from '../src/cli/command-line.ts';
import { type CommandWords, type OptionWords, wordsOf } from '../src/cli/command-words.ts';
import { COMMANDS } from '../src/cli/commands.ts';
import { VERSION } from '../src/version.ts';

// Writes man/pratique.1 from what the commands declare: `node testdata/make-man.ts`.

export const MAN_PAGE = new URL('../man/pratique.1', import.meta.url);

/** The manual page, in the macros of man(7). */
export async function manPage(): Promise<string> {
  const commands = await Promise.all(COMMANDS.map(wordsOf));
  const [codes = '', variables = ''] = EPILOGUE.split('\n\n');
  return [
    '.\\" Made by testdata/make-man.ts from what the commands declare; changes belong there.',
    `.TH PRATIQUE 1 "" "pratique ${VERSION}" "User Commands"`,
    '.SH NAME',
    'pratique \\- decide whether a container image may enter',
    '.SH SYNOPSIS',
    '.B pratique',
    '.I command',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    'Judges container images by name, signature, provenance, contents and configuration under a policy, and says so in one verdict, which',
    'can be signed and attached to the image.',
    '.SH COMMANDS',
    ...commands.flatMap(commandLines),
    '.SH EXIT STATUS',
    text(codes.replace('Exit codes: ', '')),
    '.SH ENVIRONMENT',
    text(variables),
    '.SH FILES',
    '.TP',
    '.I pratique.yaml',
    'The policy, looked for from the working folder up to the root of its git repository.',
    '.SH SEE ALSO',
    '.BR cosign (1),',
    '.BR skopeo (1)',
    '',
  ].join('\n');
}

function commandLines({ usage, about, positionals, options, examples }: CommandWords): readonly string[] {
  return [
    `.SS "pratique ${quoted(usage)}"`,
    `${text(about)}.`,
    ...positionals.flatMap((one) => ['.TP', `.I ${text(one.name)}`, aboutOf(one)]),
    ...options.flatMap((one) => ['.TP', flagOf(one), aboutOf(one)]),
    ...(examples.length === 0 ? [] : ['.PP', examples.length === 1 ? 'Example:' : 'Examples:']),
    ...examples.flatMap(({ line, about: what }) => [
      '.PP',
      '.nf',
      `\\fB${text(line)}\\fR`,
      '.fi',
      text(what),
    ]),
  ];
}

function flagOf({ name, alias, takesValue }: OptionWords): string {
  const names = [...(alias === undefined ? [] : [`-${alias}`]), `--${name}`].map(
    (flag) => `\\fB${text(flag)}\\fR`,
  );
  return `${names.join(', ')}${takesValue ? ' \\fIvalue\\fR' : ''}`;
}

function aboutOf({ about, choices }: OptionWords): string {
  const list = choices.length === 0 ? '' : ` (${choices.join(', ')})`;
  return `${text(about + list)}.`;
}

/** A text that troff prints as it is: a dash that can be copied, and nothing at the start of a line that is a request. */
function text(plain: string): string {
  return plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replaceAll('’', "'")
    .split('\n')
    .map((line) => line.replace(/^(?=[.'])/, '\\&'))
    .join('\n');
}

function quoted(plain: string): string {
  return text(plain).replaceAll('"', '\\(dq');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(MAN_PAGE, await manPage());
