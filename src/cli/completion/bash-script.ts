import { type CommandSuggestions, type Suggestions, spellings } from './suggestions.ts';

/** A completion script for bash. Where nothing fits it leaves files to readline. */
export function bashScript({ commands }: Suggestions): string {
  return `# pratique in bash: eval "$(pratique completion bash)"
_pratique() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= word words=
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) command=$word; break ;; esac
  done
  case "$command $prev" in
${commands.flatMap(valuesOf).join('\n')}
  esac
  if [ -z "$words" ]; then
    case $command in
      '') words='${commands.map(({ name }) => name).join(' ')} --help --version' ;;
${commands.map(wordsFor).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _pratique pratique
`;
}

/** Values of options; for one that takes any, nothing is suggested but files. */
function valuesOf({ name, options }: CommandSuggestions): readonly string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map((option) => {
      const patterns = spellings(option).map((spelling) => `'${name} ${spelling}'`);
      const action = option.choices.length === 0 ? 'return' : `words='${option.choices.join(' ')}'`;
      return `    ${patterns.join('|')}) ${action} ;;`;
    });
}

function wordsFor({ name, options, words }: CommandSuggestions): string {
  const flags = ['--help', ...options.flatMap(spellings)].join(' ');
  const own = words.length === 0 ? '' : ` else words='${words.join(' ')}';`;
  return `      ${name}) if [ "\${cur#-}" != "$cur" ]; then words='${flags}';${own} fi ;;`;
}
