import { MEBIBYTE } from "../common/quantity";
import type { CassandraMemory } from "./memory";
import { JMX_PORT, PATHS, RUN_FILES } from "./protocol";
import { DATA } from "./server-config";

/** Packages of the virtual machine's that the server uses though they are not meant to be, on Java 17. */
const EXPORTS = [
  "java.base/jdk.internal.misc",
  "java.management.rmi/com.sun.jmx.remote.internal.rmi",
  "java.rmi/sun.rmi.registry",
  "java.rmi/sun.rmi.server",
  "java.sql/java.sql",
  "java.base/java.lang.ref",
  "jdk.unsupported/sun.misc",
  "jdk.compiler/com.sun.tools.javac.file",
  "jdk.attach/sun.tools.attach",
];

/** Packages that it looks into as well. */
const OPENS = [
  "java.base/java.lang.module",
  "java.base/jdk.internal.loader",
  "java.base/jdk.internal.ref",
  "java.base/jdk.internal.reflect",
  "java.base/jdk.internal.math",
  "java.base/jdk.internal.module",
  "java.base/jdk.internal.util.jar",
  "jdk.management/com.sun.management.internal",
  "java.base/sun.nio.ch",
  "java.base/java.io",
  "java.base/java.lang.reflect",
  "jdk.compiler/com.sun.tools.javac",
  "java.base/java.lang",
  "java.base/java.util",
];

/** What the server's program is started with, whatever the database. */
const PROPERTIES: Record<string, string> = {
  // The same that the server's own script gives.
  "jdk.attach.allowAttachSelf": "true",
  "io.netty.tryReflectionSetAccessible": "true",
  "io.netty.allocator.useCacheForAllThreads": "true",
  "io.netty.allocator.maxOrder": "11",
  // Else it closes its output, which is the container's log.
  "cassandra-foreground": "yes",
  "cassandra.jmx.local.port": String(JMX_PORT),
  "cassandra.storagedir": DATA,
  "cassandra.config": `file://${PATHS.run}/${RUN_FILES.config}`,
  "cassandra-rackdc.properties": `file://${PATHS.run}/${RUN_FILES.place}`,
  "logback.configurationFile": `${PATHS.run}/${RUN_FILES.logging}`,
  // Repairs by itself, from 5.0.8 on: makes their tables. Without it the settings do nothing; it cannot be taken back.
  "cassandra.autorepair.enable": "true",
  // At each start it finds out by this many rows what one takes in memory: with its own 100,000 that is seconds for the same number.
  "cassandra.memtable_row_overhead_computation_step": "10000",
  // Native libraries are unpacked to be loaded. By itself that is below the home of a user whom the image does not know.
  "user.home": "/tmp",
  "jna.tmpdir": "/tmp",
};

/**
 * The virtual machine's arguments. Not among them is what the server's own files have and pods do not want: one family of addresses, for
 * clusters have either; a dump of the heap, for which no volume has room; all memory touched at the start.
 *
 * @see https://github.com/apache/cassandra/blob/cassandra-5.0/conf/jvm-server.options
 * @see https://github.com/apache/cassandra/blob/cassandra-5.0/conf/jvm17-server.options
 */
export function jvmOptions({ heap, direct }: Pick<CassandraMemory, "heap" | "direct">): string[] {
  return [
    // The server's authors run it with its assertions, but for one library's.
    "-ea",
    "-da:net.openhft...",
    `-Xms${inMebibytes(heap)}`,
    `-Xmx${inMebibytes(heap)}`,
    `-XX:MaxDirectMemorySize=${inMebibytes(direct)}`,
    "-Xss256k",
    "-XX:+UseG1GC",
    "-XX:+ParallelRefProcEnabled",
    "-XX:MaxGCPauseMillis=300",
    "-XX:InitiatingHeapOccupancyPercent=70",
    // What is out of memory answers nobody, and would be called alive.
    "-XX:+ExitOnOutOfMemoryError",
    // A pause must not wait for a disk: figures of its own would be written to a file.
    "-XX:+PerfDisableSharedMem",
    ...EXPORTS.map((name) => `--add-exports=${name}=ALL-UNNAMED`),
    ...OPENS.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
    ...Object.entries(PROPERTIES).map(([name, value]) => `-D${name}=${value}`),
  ];
}

function inMebibytes(bytes: number): string {
  return `${Math.round(bytes / MEBIBYTE)}m`;
}
