import { existsSync } from "node:fs";
import { UserError } from "./errors";
import { step } from "./progress";
import { onPath, run } from "./shell";

/**
 * What must be on the machine. Debian's packages are installed when missing; what cannot be, is told.
 */

/** Something that must exist → the Debian package that brings it. */
const packages: Record<string, string> = {
  etcd: "etcd-server",
  containerd: "containerd",
  runc: "runc",
  "/usr/lib/cni/ptp": "containernetworking-plugins",
  iptables: "iptables",
  ip: "iproute2",
  nsenter: "util-linux",
  mount: "mount",
  "mkfs.ext4": "e2fsprogs",
  xfs_io: "xfsprogs",
  openssl: "openssl",
  debootstrap: "debootstrap",
  mvn: "maven",
};

export async function ensurePrerequisites(): Promise<void> {
  if (process.platform !== "linux") {
    throw new UserError(
      "The test bed needs Linux: its nodes are made of kernel namespaces. In a virtual machine it runs too.",
    );
  }
  if (process.getuid?.() !== 0) {
    throw new UserError(
      "The test bed makes namespaces, mounts and loop devices: run it as root, e.g. with sudo.",
    );
  }
  if (!onPath("go")) {
    throw new UserError(
      "Go is missing: Kubernetes is built from its Go modules. Install Go 1.26 or newer and put `go` on the PATH.",
    );
  }
  await ensurePackages();
}

async function ensurePackages(): Promise<void> {
  const missing = Object.entries(packages).flatMap(([thing, name]) => (isThere(thing) ? [] : [name]));
  if (missing.length === 0) return;
  if (!onPath("apt-get")) {
    throw new UserError(
      `These are missing, and there is no apt-get to install them with: ${missing.join(", ")}.`,
    );
  }
  await step(`installing ${missing.join(", ")}`, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const lock = ["-o", "DPkg::Lock::Timeout=300"];
    await run("apt-get", [...lock, "update", "--quiet"], { env });
    // Debian's packages start what they bring, where there is a service manager; nodes run their own.
    const quiet = { ...env, RUNLEVEL: "1" };
    const install = ["install", "--yes", "--quiet", "--no-install-recommends", ...missing];
    await run("apt-get", [...lock, ...install], { env: quiet });
  });
}

function isThere(thing: string): boolean {
  return thing.startsWith("/") ? existsSync(thing) : onPath(thing) || existsSync(`/usr/sbin/${thing}`);
}
