import { readdirSync } from "node:fs";
import { runCommand } from "../../render/command";
import { UsageError } from "../../render/usage-error";
import { PROJECT } from "../deploy/stack-config";
import { COMMANDS, load } from "./commands";

export const USAGE = `usage: stateful completion bash|zsh|fish

Prints a script that lets a shell complete the commands, their options and the names of stacks:

  bash  source <(stateful completion bash)      in ~/.bashrc
  zsh   source <(stateful completion zsh)       in ~/.zshrc, after compinit
  fish  stateful completion fish | source       in ~/.config/fish/config.fish

  --help  show this`;

/** What each shell runs; it asks `completion words` with all that was typed, the word at the cursor last. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_stateful() {
  local IFS=$'\\n'
  COMPREPLY=($(stateful completion words "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _stateful stateful`,
  zsh: `_stateful() {
  compadd -- \${(f)"$(stateful completion words "\${(@)words[2,CURRENT]}" 2>/dev/null)"}
}
compdef _stateful stateful`,
  fish: `complete -c stateful -f -a '(stateful completion words (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
};

/** The command `completion`. @returns the exit status */
export async function main([shell = "", ...words]: string[]): Promise<number> {
  return await runCommand(USAGE, () => {
    if (shell === "words") console.log(candidates(words).join("\n"));
    else if (Object.hasOwn(SCRIPTS, shell)) console.log(SCRIPTS[shell]);
    else throw new UsageError(`completion takes bash, zsh or fish, not "${shell}".`);
    return Promise.resolve(0);
  });
}

/** What may stand where the cursor is. */
function candidates(words: string[]): string[] {
  const [name = "", ...rest] = words;
  const current = rest.at(-1);
  const starting = (texts: string[], text: string) => texts.filter((one) => one.startsWith(text));
  if (current === undefined) return starting([...Object.keys(COMMANDS), "--help", "--version"], name);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (name === "help") return starting(Object.keys(COMMANDS), current);
  if (command === undefined) return [];
  if (rest.at(-2) === "--stack") return starting(stacks(), current);
  if (name === "completion") return starting(Object.keys(SCRIPTS), current);
  return starting(optionsOf(load(command).USAGE), current);
}

/** The options that a usage explains, each at the beginning of a line. */
function optionsOf(usage: string): string[] {
  return [...usage.matchAll(/^ +(--[\w-]+)/gm)].map(([, option = ""]) => option);
}

function stacks(): string[] {
  return readdirSync(PROJECT).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
}
