import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { run } from "./shell";

/** After this time a disk works again, whatever became of who took it away, s: others have their data on it, too. */
const AT_MOST_SECONDS = 300;

/**
 * Has the disk of a pod's volume take no more writes, as when the storage behind it hangs: they wait, and so does who
 * syncs. Reading goes on. A local volume shares its disk with the others of its node.
 *
 * @param uid the pod's
 * @param path where its containers have the volume
 * @returns what gives the disk back; harmless when called twice
 */
export async function hangDisk(uid: string, path: string): Promise<() => Promise<void>> {
  const place = placeOf(uid, path);
  await run("fsfreeze", ["--freeze", place]);
  // A machine that lost its power took the place with it, and its disk hangs no more.
  const thaw = `[ ! -e "$0" ] || fsfreeze --unfreeze "$0"`;
  const guard = spawn("sh", ["-c", `sleep ${AT_MOST_SECONDS}; ${thaw}`, place], {
    detached: true,
    stdio: "ignore",
  });
  guard.unref();
  let hangs = true;
  return async () => {
    if (!hangs) return;
    await run("sh", ["-c", thaw, place]);
    hangs = false;
    if (guard.pid !== undefined) process.kill(-guard.pid);
  };
}

/** A path of the volume's file system that stays, whatever becomes of the pod: below its machine's first process. */
function placeOf(uid: string, path: string): string {
  for (const pid of processesOf(uid)) {
    const device = mounts(pid).find(({ point }) => point === path)?.device;
    if (device === undefined) continue;
    const machine = machineOf(pid);
    const mount = mounts(machine).find((one) => one.device === device);
    if (mount !== undefined) return `/proc/${machine}/root${mount.point}`;
  }
  throw new Error(`no process of pod ${uid} on this machine has a volume at ${path}`);
}

function processesOf(uid: string): string[] {
  const names = [uid, uid.replaceAll("-", "_")];
  return readdirSync("/proc").filter((entry) => {
    const groups = /^\d+$/.test(entry) ? read(entry, "cgroup") : "";
    return names.some((name) => groups.includes(name));
  });
}

/** The nearest ancestor that is a machine's first process. */
function machineOf(pid: string): string {
  for (let process = pid; process !== "" && process !== "0";) {
    const [shell = "", script = ""] = read(process, "cmdline").split("\0");
    if (shell.endsWith("bash") && script.endsWith("/machine/boot.sh")) return process;
    process = /^PPid:\t(\d+)$/m.exec(read(process, "status"))?.[1] ?? "";
  }
  throw new Error(`process ${pid} belongs to no machine of a test bed`);
}

/** https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html */
function mounts(pid: string): { device: string; point: string }[] {
  return read(pid, "mountinfo")
    .split("\n")
    .map((line) => line.split(" "))
    .map(([, , device = "", , point = ""]) => ({ device, point }));
}

/** Processes end while they are looked at; that is no error. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
