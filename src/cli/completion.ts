import { Argument, Command } from "commander";
import { print } from "./output.ts";

/** `flare completion`: a script for the shell, made from the commands themselves. */
export function completionCommand(program: () => Command): Command {
  return new Command("completion")
    .summary("print a completion script for bash, zsh or fish")
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      "\nExamples:\n  source <(flare completion bash)\n  flare completion zsh > $fpath[1]/_flare\n  flare completion fish > ~/.config/fish/completions/flare.fish\n",
    )
    .action((shell: string) => {
      const words = wordsOf(program());
      print(shell === "fish" ? fish(words) : shell === "zsh" ? zsh(words) : bash(words));
    });
}

/** Words that may follow a command path: `""`, `"map"`, `"mappings show"`. */
type Words = ReadonlyMap<string, readonly string[]>;

function wordsOf(command: Command, path: readonly string[] = []): Words {
  const options = command.options.flatMap((option) => (option.long ? [option.long] : []));
  const own = [...command.commands.map((child) => child.name()), ...options, "--help"];
  const below = command.commands.flatMap((child) => [...wordsOf(child, [...path, child.name()])]);
  return new Map([[path.join(" "), own], ...below]);
}

function bash(words: Words): string {
  const cases = [...words].map(
    ([path, list]) => `    ${JSON.stringify(path)}) words=${JSON.stringify(list.join(" "))} ;;`,
  );
  return `# bash completion for flare
_flare() {
  local path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) break ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  [ \${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _flare flare kubectl-flare`;
}

const zsh = (words: Words): string => `#compdef flare kubectl-flare
autoload -U +X bashcompinit && bashcompinit
${bash(words)}`;

function fish(words: Words): string {
  const lines = [...words].flatMap(([path, list]) => {
    const condition =
      path === "" ? "__fish_use_subcommand" : `__fish_seen_subcommand_from ${path.split(" ").at(-1)}`;
    return list.map((word) =>
      word.startsWith("--")
        ? `complete -c flare -n '${condition}' -l ${word.slice(2)}`
        : `complete -c flare -n '${condition}' -f -a ${word}`,
    );
  });
  return ["# fish completion for flare", ...lines].join("\n");
}
