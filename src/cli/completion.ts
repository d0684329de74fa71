/** `venuewire completion`: what a shell needs to complete verbs, options and their choices; and the manual page. */
import { Argument, Command, type Option } from 'commander';
import { Output } from './output.js';
import { verbs } from './verbs.js';

/** A verb with its options, as the command line has them. */
export async function configuredVerbs(): Promise<Command[]> {
  const commands: Command[] = [];
  for (const verb of verbs) {
    const command = new Command(verb.name).description(verb.says).helpOption('-h, --help', 'show help');
    (await verb.load()).configure(command);
    commands.push(command);
  }
  return commands;
}

const longOf = (option: Option): string => option.long ?? option.short ?? '';
const choicesOf = (option: Option): readonly string[] => option.argChoices ?? [];
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** For bash, and for zsh with its bashcompinit. */
function bash(commands: readonly Command[]): string {
  const cases = commands.map(
    (c) => `    ${c.name()}) options=${quoted(['--help', ...c.options.map(longOf)].join(' '))} ;;`,
  );
  const choices = commands.flatMap((c) =>
    c.options
      .filter((o) => choicesOf(o).length > 0)
      .map((o) => `    ${c.name()}:${longOf(o)}) choices=${quoted(choicesOf(o).join(' '))} ;;`),
  );
  return `_venuewire() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" verb="\${COMP_WORDS[1]}" options='' choices=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(commands.map((c) => c.name()).join(' '))} -- "$word"))
    return
  fi
  case "$verb:$before" in
${choices.join('\n')}
  esac
  if [ -n "$choices" ]; then
    COMPREPLY=($(compgen -W "$choices" -- "$word"))
    return
  fi
  case "$verb" in
${cases.join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o default -F _venuewire venuewire`;
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap((c) => [
    `complete -c venuewire -n __fish_use_subcommand -f -a ${c.name()} -d ${quoted(c.description())}`,
    ...c.options.map((o) => {
      const values = choicesOf(o).length > 0 ? ` -x -a ${quoted(choicesOf(o).join(' '))}` : o.required ? ' -r' : '';
      const seen = quoted(`__fish_seen_subcommand_from ${c.name()}`);
      return `complete -c venuewire -n ${seen} -l ${longOf(o).replace(/^--?/, '')}${values} -d ${quoted(o.description)}`;
    }),
  ]);
  return lines.join('\n');
}

const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');

/** The manual page, as troff reads it. */
export function manualPage(commands: readonly Command[], version: string): string {
  const sections = commands.map((c) => {
    const words = c.registeredArguments.map((a) => (a.required ? `<${a.name()}>` : `[${a.name()}]`));
    const options = c.options.map((o) => `.TP\n\\fB${roff(o.flags)}\\fR\n${roff(o.description)}`);
    return `.SS "${roff(c.name())} ${roff(words.join(' '))}"\n${roff(c.description())}\n${options.join('\n')}`;
  });
  return `.TH VENUEWIRE 1 "" "venuewire ${version}"
.SH NAME
venuewire \\- connects to trading venues, reads their captures
.SH SYNOPSIS
.B venuewire
\\fIverb\\fR [\\fIoptions\\fR]
.SH VERBS
${sections.join('\n')}
.SH EXIT STATUS
0: good. 1: findings. 2: usage. 3: the environment.
`;
}

async function completion(shell: 'bash' | 'zsh' | 'fish'): Promise<void> {
  const commands = await configuredVerbs();
  const out = new Output();
  if (shell === 'zsh') out.line('autoload -U +X bashcompinit && bashcompinit');
  out.line(shell === 'fish' ? fish(commands) : bash(commands));
  await out.flush();
}

export function configure(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'whose completion').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Examples:
  venuewire completion bash > ~/.local/share/bash-completion/completions/venuewire
  source <(venuewire completion zsh)       # in ~/.zshrc
  venuewire completion fish | source       # in ~/.config/fish/config.fish
`,
    )
    .action(completion);
}
