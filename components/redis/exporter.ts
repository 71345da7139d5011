import type { EngineExporter } from "../database/exporter";
import { EXPORTER_PATH, EXPORTER_USER } from "../protocol/exporter";
import { IMAGES } from "./images";
import { EXPORTER_ADDRESS, EXPORTER_FILE, EXPORTER_PORT } from "./protocol";

/**
 * The usual exporter of Redis and Valkey. Over the pod's loopback by TLS, which servers always have; there is nobody in between to be told apart
 * by a certificate. It reads its file when it starts and when it is told to.
 *
 * @see https://github.com/oliver006/redis_exporter
 */
export const REDIS_EXPORTER: EngineExporter = {
  image: IMAGES.exporter,
  port: EXPORTER_PORT,
  command: ["/redis_exporter"],
  env: [
    { name: "REDIS_ADDR", value: EXPORTER_ADDRESS },
    { name: "REDIS_USER", value: EXPORTER_USER },
    { name: "REDIS_PASSWORD_FILE", value: `${EXPORTER_PATH}/${EXPORTER_FILE}` },
    { name: "REDIS_EXPORTER_SKIP_TLS_VERIFICATION", value: "true" },
    // It asks for all settings, of which one is the members' password: its account may not.
    { name: "REDIS_EXPORTER_CONFIG_COMMAND", value: "-" },
  ],
};
