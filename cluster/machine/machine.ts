import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { machinePrefix } from "../addresses";
import { machineDir } from "../layout";
import { hasCable, plugIn, unplug } from "../network";
import { run } from "../shell";
import { until } from "../wait";
import { bootScript, bootedAt, findMachine } from "./processes";

/**
 * A machine of the test bed: a process tree with its own mounts, processes, network and host name. It can lose its
 * power and its network without the others noticing more than real machines would.
 */
export interface MachineSpec {
  name: string;
  address: string;
  /** Host directories that appear in the machine as `/run/<name>`. */
  shared: Record<string, string>;
  /** Ranges that are reached through another machine. */
  routes: { range: string; gateway: string }[];
  /** Programs that run as long as the machine does: name → command line. */
  services: Record<string, string[]>;
  /** Script that runs once at boot, before the services. */
  prepare?: string;
}

/** Writes down what a machine is made of. It is read when the machine is switched on. */
export function defineMachine(spec: MachineSpec): void {
  const dir = machineDir(spec.name);
  rmSync(join(dir, "services"), { recursive: true, force: true });
  mkdirSync(join(dir, "services"), { recursive: true });
  mkdirSync(join(dir, "logs"), { recursive: true });
  const lines = (rows: string[]): string => rows.map((row) => `${row}\n`).join("");
  const env = [`MACHINE_NAME=${spec.name}`, `MACHINE_ADDRESS=${spec.address}/${machinePrefix}`];
  writeFileSync(join(dir, "machine.env"), lines(env));
  writeFileSync(
    join(dir, "shared"),
    lines(Object.entries(spec.shared).map(([name, path]) => `${name} ${path}`)),
  );
  writeFileSync(join(dir, "routes"), lines(spec.routes.map(({ range, gateway }) => `${range} ${gateway}`)));
  for (const [name, command] of Object.entries(spec.services)) {
    writeScript(join(dir, "services", name), `#!/bin/sh\nexec ${command.join(" \\\n  ")}\n`);
  }
  if (spec.prepare !== undefined) writeScript(join(dir, "prepare"), readFileSync(spec.prepare, "utf8"));
}

/** Switches a machine on, if it is not, and waits until it has booted. Its services may still be starting. */
export async function powerOn(name: string): Promise<void> {
  const dir = machineDir(name);
  // A power cut that was itself cut short: the machine would run on, and its next cable would lead to nothing.
  if (bootedAt(name) && !(await hasCable(name))) await powerOff(name);
  if (findMachine(name) === undefined) {
    rmSync(join(dir, "run"), { recursive: true, force: true });
    const log = openSync(join(dir, "logs", "boot.log"), "a");
    const namespaces = ["--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--mount-proc"];
    // A session of its own: the machine outlives this command and the terminal it was typed in.
    const child = spawn("unshare", [...namespaces, "bash", bootScript, dir], {
      detached: true,
      stdio: ["ignore", log, log],
      cwd: "/",
    });
    child.unref();
  }
  const pid = await until(async () => findMachine(name), {
    what: `machine ${name} to start`,
    timeoutSeconds: 10,
  });
  await plugIn(name, pid);
  const booted = await until(
    async () => (bootedAt(name) ? "yes" : findMachine(name) === undefined ? "no" : undefined),
    { what: `machine ${name} to boot`, timeoutSeconds: 30, everyMs: 50 },
  );
  if (booted === "no") {
    const log = readFileSync(join(dir, "logs", "boot.log"), "utf8").trimEnd();
    throw new Error(`machine ${name} died while booting:\n${log.split("\n").slice(-10).join("\n")}`);
  }
}

/**
 * Cuts a machine's power: first its network, then what its file systems have not yet written, then every process,
 * none of which gets to say goodbye.
 */
export async function powerOff(name: string): Promise<void> {
  await unplug(name);
  const pid = findMachine(name);
  if (pid === undefined) return;
  try {
    await loseUnsyncedData(pid);
  } finally {
    process.kill(pid, "SIGKILL");
  }
  await until(async () => !existsSync(`/proc/${pid}`), {
    what: `machine ${name} to lose its power`,
    timeoutSeconds: 30,
    everyMs: 50,
  });
}

/** Runs a command inside a machine, as its root. */
export async function runInside(name: string, command: string[]): Promise<string> {
  const pid = findMachine(name);
  if (pid === undefined) throw new Error(`machine ${name} is off`);
  return run("nsenter", [`--target=${pid}`, "--mount", "--pid", "--net", "--uts", "--ipc", "--", ...command]);
}

/**
 * The file systems on loop devices are the machine's disks: they stop without flushing, as a disk without power. All
 * but the storage array, which belongs to all machines and keeps its power.
 */
async function loseUnsyncedData(pid: number): Promise<void> {
  const table = readFileSync(`/proc/${pid}/mounts`, "utf8").trimEnd().split("\n");
  const mounts = table
    .map((line) => line.split(" "))
    .filter(([device = ""]) => device.startsWith("/dev/loop"));
  const disks = new Map(mounts.map(([device, path = ""]) => [device, path]));
  for (const [device, path] of mounts) {
    if (path === "/var/lib/csi-loop") disks.delete(device);
  }
  for (const path of disks.values()) {
    // Who waits for a frozen one cannot be killed. Once shut down it opens no more, so that it is thawed by the same command.
    const shutdown = ["xfs_io", "-x", "-c", "shutdown", "-c", "thaw", path];
    await run("nsenter", [`--target=${pid}`, "--mount", "--", ...shutdown]).catch((error: unknown) => {
      // So says a file system that was shut down before (a volume that was taken from this node by force), or is not frozen.
      if (!/Input\/output error|cannot unfreeze .*Invalid argument/.test(String(error))) throw error;
    });
  }
}

function writeScript(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}
