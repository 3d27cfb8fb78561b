import { type CommandSuggestions, type Suggestions, spellings } from './suggestions.ts';

/** A completion script for zsh. Where nothing of ours fits it suggests files. */
export function zshScript({ commands }: Suggestions): string {
  return `#compdef pratique
# pratique in zsh: eval "$(pratique completion zsh)", after compinit
_pratique() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]} command= word
  for word in \${words[2,CURRENT-1]}; do
    case $word in -*) ;; *) command=$word; break ;; esac
  done
  case "$command $prev" in
${commands.flatMap(valuesOf).join('\n')}
  esac
  case $command in
    '') compadd -- ${commands.map(({ name }) => name).join(' ')} --help --version ;;
${commands.map(wordsFor).join('\n')}
  esac
}
compdef _pratique pratique
`;
}

function valuesOf({ name, options }: CommandSuggestions): readonly string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map((option) => {
      const patterns = spellings(option).map((spelling) => `'${name} ${spelling}'`);
      const action = option.choices.length === 0 ? '_files' : `compadd -- ${option.choices.join(' ')}`;
      return `    ${patterns.join('|')}) ${action}; return ;;`;
    });
}

function wordsFor({ name, options, words }: CommandSuggestions): string {
  const flags = ['--help', ...options.flatMap(spellings)].join(' ');
  const own = words.length === 0 ? '_files' : `compadd -- ${words.join(' ')}`;
  return `    ${name}) if [[ $cur = -* ]]; then compadd -- ${flags}; else ${own}; fi ;;`;
}
