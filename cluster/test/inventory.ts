import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { everything } from "../addresses";
import { topControlGroups } from "../control-groups";
import { run } from "../shell";

/** What a machine could leave behind on the host, one readable line for each thing. */
export async function inventory(): Promise<string[]> {
  return [
    ...prefixed(
      "link",
      (await lines("ip", ["-brief", "link"])).map((line) => line.split(/[\s@]/)[0] ?? ""),
    ),
    ...prefixed("route", await lines("ip", ["route", "show", "table", "all", "root", everything])),
    ...prefixed("namespace", await namespaces()),
    ...prefixed("mount", mounts()),
    ...prefixed("loop device", await lines("losetup", ["--noheadings", "--list", "--output=NAME,BACK-FILE"])),
    ...prefixed(
      "rule",
      (await lines("iptables-save", [])).filter((line) => line.startsWith("-A")),
    ),
    ...prefixed("control group", topControlGroups()),
    ...prefixed("process", processes()),
    ...prefixed("setting", settings()),
  ].sort();
}

function prefixed(kind: string, things: string[]): string[] {
  return things.map((thing) => `${kind} ${thing}`);
}

async function lines(command: string, args: string[]): Promise<string[]> {
  return (await run(command, args)).split("\n").filter((line) => line.trim() !== "");
}

async function namespaces(): Promise<string[]> {
  const kinds = await lines("lsns", ["--noheadings", "--raw", "--output=TYPE,COMMAND"]);
  return kinds.filter((line) => /boot\.sh|pause|kube|containerd|etcd|csi/.test(line));
}

function mounts(): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ").slice(0, 2).join(" on "));
}

/** Programs of a cluster, whoever started them. */
function processes(): string[] {
  const names = /^(etcd|kube|containerd|csi|snapshot-cont|pause|coredns|versitygw|unshare)/;
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => {
      try {
        return readFileSync(`/proc/${entry}/comm`, "utf8").trim();
      } catch {
        return "";
      }
    })
    .filter((name) => names.test(name));
}

function settings(): string[] {
  const paths = ["vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys"];
  return paths.map((path) => `${path} = ${readFileSync(join("/proc/sys", path), "utf8").trim()}`);
}
