import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:tls";
import { join } from "node:path";
import { nodeAddress, nodePodRange, objectStoreAddress } from "./addresses";
import { binariesDir, binary, ensureBinaries } from "./binaries";
import { UserError } from "./errors";
import { machineDir, pkiDir } from "./layout";
import { inTurn } from "./lock";
import { defineMachine, powerOff, powerOn } from "./machine/machine";
import { findMachine } from "./machine/processes";
import { setConnected } from "./network";
import { ensureCertificate, pkiFile } from "./pki";
import { step } from "./progress";
import { clusterSize } from "./size";
import { until } from "./wait";

/** An S3 server on a machine of its own: made when it is first asked for, and gone with the cluster. */
export const objectStore = "objects";

const port = 7070;
const bucket = "backups";

/** How it is reached. */
export interface ObjectStore {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** The authority of its certificate in PEM. */
  ca: string;
}

/** Whether it was ever asked for in this cluster. */
export function hasObjectStore(): boolean {
  return existsSync(keyFile());
}

/**
 * Brings it up, or back: with power and a network, and what was stored. Suites that run side by side may ask for it at the same
 * time.
 */
export async function ensureObjectStore(): Promise<ObjectStore> {
  const nodes = clusterSize();
  if (nodes === undefined)
    throw new UserError("There is no cluster. Bring one up with `npm run cluster -- up`.");
  const lock = join(machineDir(objectStore), "lock");
  return await step("object store", () => inTurn(() => bringUp(nodes), lock, 300));
}

async function bringUp(nodes: number): Promise<ObjectStore> {
  await ensureBinaries(["versitygw"]);
  await ensureCertificate({
    file: "object-store",
    commonName: "object-store",
    alternativeNames: [`IP:${objectStoreAddress}`],
  });
  const store = reached();
  if (findMachine(objectStore) === undefined) define(nodes, store);
  await powerOn(objectStore);
  await setConnected(objectStore, true);
  await until(async () => listens(store.ca), { what: "the object store to answer", timeoutSeconds: 30 });
  return store;
}

/** Cuts its power; {@link ensureObjectStore} brings it back. */
export async function stopObjectStore(): Promise<void> {
  await powerOff(objectStore);
}

/** Cuts its network and nothing else: what is asked of it gets no answer. */
export async function cutObjectStore(): Promise<void> {
  await setConnected(objectStore, false);
}

function keyFile(): string {
  return join(machineDir(objectStore), "keys.json");
}

function reached(): ObjectStore {
  mkdirSync(machineDir(objectStore), { recursive: true });
  if (!existsSync(keyFile())) {
    const keys = { accessKeyId: "test-bed", secretAccessKey: randomBytes(24).toString("base64url") };
    writeFileSync(keyFile(), JSON.stringify(keys), { mode: 0o600 });
  }
  const keys = JSON.parse(readFileSync(keyFile(), "utf8")) as Pick<
    ObjectStore,
    "accessKeyId" | "secretAccessKey"
  >;
  const ca = readFileSync(pkiFile("ca.crt"), "utf8");
  return { endpoint: `https://${objectStoreAddress}:${port}`, region: "test-bed", bucket, ...keys, ca };
}

function define(nodes: number, { region, accessKeyId, secretAccessKey }: ObjectStore): void {
  // Each folder is a bucket. Paths are absolute: it changes its directory.
  const data = "/run/machine/buckets";
  const versions = "/run/machine/versions";
  mkdirSync(join(machineDir(objectStore), "buckets", bucket), { recursive: true });
  mkdirSync(join(machineDir(objectStore), "versions"), { recursive: true });
  defineMachine({
    name: objectStore,
    address: objectStoreAddress,
    shared: { bin: binariesDir, pki: pkiDir },
    routes: Array.from({ length: nodes }, (_, index) => ({
      range: nodePodRange(index + 1),
      gateway: nodeAddress(index + 1),
    })),
    services: {
      versitygw: [
        "env",
        `ROOT_ACCESS_KEY=${accessKeyId}`,
        `ROOT_SECRET_KEY=${secretAccessKey}`,
        join("/run/bin", binary("versitygw", "versitygw")),
        `--region=${region}`,
        `--port=${objectStoreAddress}:${port}`,
        "--cert=/run/pki/object-store.crt",
        "--key=/run/pki/object-store.key",
        "--keep-alive",
        "--quiet",
        "posix",
        `--versioning-dir=${versions}`,
        data,
      ],
    },
  });
}

async function listens(ca: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: objectStoreAddress, port, ca }, () => {
      socket.end();
      resolve(true);
    });
    socket.setTimeout(1_000, () => socket.destroy(new Error("no answer")));
    socket.on("error", reject);
  });
}
