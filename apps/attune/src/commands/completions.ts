import { oneOf, onlyWord, parseArguments } from '../arguments.js';
import { EXIT, type Command } from '../command.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** Prints what a shell needs to complete the words of this command line; made from the commands themselves. */
export function completions(commands: () => readonly Command[]): Command {
  return {
    name: 'completions',
    summary: 'print the completions for a shell',
    words: SHELLS,
    usage: `Usage: attune completions bash|zsh|fish

bash    attune completions bash > ~/.local/share/bash-completion/completions/attune
zsh     attune completions zsh > "\${fpath[1]}/_attune"
fish    attune completions fish > ~/.config/fish/completions/attune.fish`,
    run(args, io) {
      const { positionals } = parseArguments(args, {});
      const shell = oneOf(onlyWord(positionals, 'the shell'), SHELLS, 'The shell');
      io.stdout.write({ bash, zsh, fish }[shell](commands()));
      return Promise.resolve(EXIT.ok);
    },
  };
}

/** The long options that a usage text names. */
const optionsOf = ({ usage }: Command): string[] => [...new Set(usage.match(/--[a-z][a-z-]*/g) ?? [])].sort();
const wordsOf = ({ words = [] }: Command): readonly string[] => words;

function bash(commands: readonly Command[]): string {
  const cases = commands.map(
    (command) => `    ${command.name}) words="${[...wordsOf(command), ...optionsOf(command), '--help'].join(' ')}" ;;`,
  );
  return `_attune() {
  local words
  if [ "$COMP_CWORD" -eq 1 ]; then words="${commands.map(({ name }) => name).join(' ')} --help --version"; else
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words="" ;;
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _attune attune
`;
}

function zsh(commands: readonly Command[]): string {
  return `#compdef attune\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
}

function fish(commands: readonly Command[]): string {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap((command) => [
    `complete -c attune -n __fish_use_subcommand -f -a ${command.name} -d ${quoted(command.summary)}`,
    ...wordsOf(command).map((word) => `complete -c attune -n '__fish_seen_subcommand_from ${command.name}' -f -a ${word}`),
    ...optionsOf(command).map((option) => `complete -c attune -n '__fish_seen_subcommand_from ${command.name}' -l ${option.slice(2)}`),
  ]);
  return `${lines.join('\n')}\n`;
}
