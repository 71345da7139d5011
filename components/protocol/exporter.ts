// What a member's pod and its agent must agree on where the engine's usual exporter stands beside the server.

/** Key and file of its password, in the members' Secret and below the directory of credentials. */
export const EXPORTER_KEY = "exporter-password";

/** The account that it logs in by. */
export const EXPORTER_USER = "stateful_exporter";

/**
 * How many connections that account may have: one for each of two servers of Prometheus that ask at the same time, what exporters keep
 * between two questions, and the agent's own attempt. More would be an exporter's that does not end what it opens.
 */
export const EXPORTER_CONNECTIONS = 5;

/** Where the agent puts what the exporter logs in by; in memory, and of nobody else's. */
export const EXPORTER_PATH = "/run/exporter";

/** Name of the exporter's container, and of the port that it tells figures on. */
export const EXPORTER_NAME = "exporter";
