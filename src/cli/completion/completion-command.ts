import type { Command, CommandEntry } from '../command-line.ts';
import { ADMITTED } from '../exit-code.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** `pratique completion SHELL`: a script that completes commands, options, formats and ids. @param entries every command */
export function completionCommand(entries: readonly CommandEntry[]): Command {
  return {
    options: (parser) =>
      parser
        .positional('shell', { type: 'string', choices: SHELLS, describe: 'bash, zsh or fish' })
        .example('eval "$($0 completion bash)"', 'in ~/.bashrc')
        .example('$0 completion fish > ~/.config/fish/completions/pratique.fish', 'kept for fish'),
    async run(options, { out }) {
      const { suggestions } = await import('./suggestions.ts'); // it loads every command
      const all = await suggestions(entries);
      if (options['shell'] === 'zsh') out.write((await import('./zsh-script.ts')).zshScript(all));
      else if (options['shell'] === 'fish') out.write((await import('./fish-script.ts')).fishScript(all));
      else out.write((await import('./bash-script.ts')).bashScript(all));
      return ADMITTED;
    },
  };
}
