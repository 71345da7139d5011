import { existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where the test bed keeps things. Everything it creates outside a running kernel is under one of these two. */

/** Root of the checkout that this test bed belongs to. */
export const checkout = resolve(__dirname, "..");

/** This folder: scripts and manifests that are used as they are. */
export const sources = __dirname;

/** State of the running cluster: goes away with `down`. */
export const stateDir = stateOf(checkout);

/** Binaries and images: slow to make, the same for every checkout, kept when the cluster goes. */
export const cacheDir = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "stateful");

/** Administrator's kubeconfig of the running cluster. */
export const kubeconfig = join(stateDir, "kubeconfig");

/** Keys and certificates of the cluster. */
export const pkiDir = join(stateDir, "pki");

/** The storage array that dynamic volumes lie on. All machines see it, as those of a zone see the provider's disks. */
export const storageDir = join(stateDir, "storage");

/** What a machine keeps over a power cut: its logs, its services, and the files bound over its paths. */
export function machineDir(name: string): string {
  return join(stateDir, "machines", name);
}

/**
 * Where a checkout keeps its cluster's state. A second one may link to the first one's: machines are known by the
 * directory that they were started with, so by any other name they would not be found, and started once more.
 */
export function stateOf(root: string): string {
  const state = join(root, ".cluster");
  return existsSync(state) ? realpathSync(state) : state;
}
