/**
 * A program in the place of MongoDB's server, for clusters that cannot have it: it is started as that is, reads the same file, and speaks the
 * same protocol. What it does is told in `replica.ts` and beside it; it keeps few collections, and no more data than fits its memory.
 */
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { FileDisk } from "./file-disk";
import { FakeMongod } from "./process";
import type { Doc } from "./store";

/** What of the server's file it goes by. */
interface File {
  net: { port: number; tls?: { mode: string; certificateKeyFile: string; CAFile: string } };
  security: { keyFile: string };
  replication: { replSetName: string };
  storage: { dbPath: string };
  setParameter?: Doc;
}

/** As the server writes its log: https://www.mongodb.com/docs/manual/reference/log-messages/ */
function say(s: "I" | "E" | "F", msg: string, attr: Doc = {}): void {
  const t = { $date: new Date(performance.timeOrigin + performance.now()).toISOString() };
  process.stdout.write(`${JSON.stringify({ t, s, c: "STAND-IN", id: 1, ctx: "main", msg, attr })}\n`);
}

/** Ends a start, with the reason where the server has it. */
function refuse(msg: string, attr: Doc): never {
  say("F", msg, attr);
  process.exit(1);
}

function configFile(): File {
  const at = process.argv.indexOf("--config");
  const path = process.argv[at + 1];
  if (at < 0 || path === undefined) refuse("Error parsing command line", { error: "no --config" });
  try {
    const lines = readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => !line.startsWith("#"));
    return JSON.parse(lines.join("\n")) as File;
  } catch (error) {
    refuse("Error parsing YAML config file", { error: String(error) });
  }
}

/** Keys of members, of which there may be several. */
function keysIn(path: string): string[] {
  const text = readFileSync(path, "utf8");
  const keys = [...text.matchAll(/^- (\S+)$/gm)].map(([, key = ""]) => key);
  const bad = keys.find((key) => !/^[A-Za-z0-9+/]{6,1024}$/.test(key));
  if (keys.length === 0 || bad !== undefined) refuse("security key in keyFile is bad", { path });
  return keys;
}

/** The pod's name in the cluster, of the line that Kubernetes writes for it, without what differs from cluster to cluster. */
function ownName(): string {
  const pod = hostname();
  const names = readFileSync("/etc/hosts", "utf8").split(/\s+/);
  const full = names.find((name) => name.startsWith(`${pod}.`));
  return full === undefined ? pod : full.replace(/\.svc\..*$/, ".svc");
}

function main(): void {
  // Each name that is looked up has one to itself until an answer has come: with few, one that is not found holds up all others.
  process.env["UV_THREADPOOL_SIZE"] = "64";
  // By which it is found among processes.
  process.title = "mongod";
  const file = configFile();
  const { tls, port } = file.net;
  for (const path of [file.security.keyFile, tls?.certificateKeyFile, tls?.CAFile])
    if (path !== undefined && !existsSync(path)) refuse("cannot read certificate file or key file", { path });
  const server = new FakeMongod({
    version: process.env["STAND_IN_VERSION"] ?? "8.0.4",
    setName: file.replication.replSetName,
    host: `${ownName()}:${port}`,
    port,
    disk: new FileDisk(file.storage.dbPath),
    keys: keysIn(file.security.keyFile),
    ...(tls
      ? {
          tls: {
            certificateKey: tls.certificateKeyFile,
            authority: tls.CAFile,
            required: tls.mode === "requireTLS",
          },
        }
      : {}),
    options: file,
    log: (message) => {
      say("I", message);
    },
    exit: (code) => {
      process.exit(code);
    },
  });
  Object.assign(server.server.parameters, file.setParameter ?? {});
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => {
      say("I", "ending", { signal });
      void server.shutDown();
    });
  server.listen().then(
    (at) => {
      say("I", "Waiting for connections", { port: at });
    },
    (error: unknown) => {
      refuse("Failed to set up listener", { error: String(error) });
    },
  );
}

main();
