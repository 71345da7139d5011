import { didYouMean } from "../../components/common/did-you-mean";
import { typed, version } from "../../render/installation";
import { COMMANDS, load } from "./commands";

/** The command line. @returns the exit status */
export async function main([name = "", ...args]: string[]): Promise<number> {
  process.stdout.off("error", endQuietly).on("error", endQuietly);
  if (["--version", "-v", "version"].includes(name)) {
    console.log(version());
    return 0;
  }
  if (["--help", "-h"].includes(name) || (name === "help" && args.length === 0)) {
    console.log(overview());
    return 0;
  }
  if (name === "help") return await main([args[0] ?? "", "--help"]);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    console.error(name === "" ? overview() : unknown(name));
    return 2;
  }
  const file = load(command);
  if (asksForHelp(args)) {
    console.log(file.USAGE.trimEnd());
    return 0;
  }
  return await file.main(args);
}

/** Who has read enough, as `head` has, closes the pipe. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit();
}

/** Whatever else was typed: who asks how a command is used may have the rest wrong. */
function asksForHelp(args: string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? undefined : end).some((arg) => arg === "--help" || arg === "-h");
}

function unknown(name: string): string {
  const names = Object.keys(COMMANDS);
  const advice = didYouMean(name, names) ?? `there are: ${names.join(", ")}`;
  return `There is no command "${name}": ${advice}`;
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  return [
    "usage: stateful COMMAND [options]",
    "",
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    `\`${typed("up", "--help")}\` shows the options of one, --version which version this is.`,
  ].join("\n");
}
