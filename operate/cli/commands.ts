import { createRequire } from "node:module";

/** A file that holds a command. */
export interface CommandFile {
  /** What `--help` shows; its options are what completion offers. */
  USAGE: string;
  /** Runs the command. @returns the exit status */
  main: (args: string[]) => Promise<number>;
}

interface Command {
  /** What it does, in a line. */
  summary: string;
  /** Its file, from here. It is loaded when the command is called. */
  file: string;
}

/** Every command that can be typed, a line each. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  render: { summary: "write what a stack would deploy as manifests", file: "../../render/cli" },
  up: { summary: "deploy a stack, and wait until all of it is ready", file: "./up" },
  status: { summary: "how the databases of a stack are; what is wrong, and what to do", file: "./status" },
  report: { summary: "one archive for somebody who helps, without a secret", file: "./report" },
  down: { summary: "remove what a stack runs, and keep its data", file: "./down" },
  backup: { summary: "make, list, verify and delete backups, and try a restore", file: "./backup" },
  restore: { summary: "restore a backup into a new database", file: "./restore" },
  connect: {
    summary: "lead a port of this machine to a member that takes writes, or run a client",
    file: "./forward",
  },
  logs: { summary: "what a database's servers say, or their agents", file: "./logs" },
  switchover: { summary: "let another member become the primary", file: "./switchover" },
  promote: { summary: "let a database that follows another one lead in its place", file: "./promote" },
  restart: { summary: "restart a database's members, one after the other", file: "./restart" },
  secrets: {
    summary: "for GitOps: make in the cluster what no repository may hold",
    file: "./secrets",
  },
  completion: { summary: "a script by which a shell completes these commands", file: "./completion" },
};

/** The file of a command. */
export function load({ file }: Command): CommandFile {
  return createRequire(__filename)(file) as CommandFile;
}
