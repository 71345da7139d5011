import type { EngineExporter } from "../database/exporter";
import { EXPORTER_PATH, EXPORTER_USER } from "../protocol/exporter";
import { IMAGES } from "./images";
import { EXPORTER_DATABASE, EXPORTER_PASSFILE, EXPORTER_PORT, POSTGRESQL_PORT } from "./protocol";

/**
 * Prometheus' own exporter of PostgreSQL. It reads a password of `DATA_SOURCE_PASS` or its file once, when it starts; from `PGPASSFILE` its
 * driver reads it for each connection, so that a rotation needs no restart. Over the pod's loopback, which is not encrypted: the server's
 * certificate has no name for it.
 *
 * @see https://github.com/prometheus-community/postgres_exporter
 */
export const POSTGRESQL_EXPORTER: EngineExporter = {
  image: IMAGES.exporter,
  port: EXPORTER_PORT,
  command: ["postgres_exporter"],
  env: [
    {
      name: "DATA_SOURCE_NAME",
      value: `host=127.0.0.1 port=${POSTGRESQL_PORT} user=${EXPORTER_USER} dbname=${EXPORTER_DATABASE} sslmode=disable`,
    },
    { name: "PGPASSFILE", value: `${EXPORTER_PATH}/${EXPORTER_PASSFILE}` },
  ],
};
