import type { EngineExporter } from "../database/exporter";
import { EXPORTER_PATH, EXPORTER_USER } from "../protocol/exporter";
import { IMAGES } from "./images";
import { EXPORTER_FILE, EXPORTER_PORT, MYSQL_PORT } from "./protocol";

/**
 * Prometheus' own exporter of MySQL. Over the pod's loopback by TLS, since a server may ask for that; there is nobody in between to be told
 * apart by a certificate. It reads its file when it starts and when it is told to, and starts without one as well.
 *
 * @see https://github.com/prometheus/mysqld_exporter
 */
export const MYSQL_EXPORTER: EngineExporter = {
  image: IMAGES.exporter,
  port: EXPORTER_PORT,
  command: [
    "mysqld_exporter",
    `--config.my-cnf=${EXPORTER_PATH}/${EXPORTER_FILE}`,
    `--mysqld.address=127.0.0.1:${MYSQL_PORT}`,
    `--mysqld.username=${EXPORTER_USER}`,
    "--tls.insecure-skip-verify",
    // How the group stands, as this member sees it.
    "--collect.perf_schema.replication_group_members",
    "--collect.perf_schema.replication_group_member_stats",
  ],
};
