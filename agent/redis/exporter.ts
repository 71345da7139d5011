import { EXPORTER_ADDRESS, EXPORTER_FILE, EXPORTER_PORT } from "../../components/redis/protocol";
import { EXPORTER_USER } from "../../components/protocol/exporter";
import { monotonic } from "../core/clock";
import type { Credentials } from "../core/credentials";
import { ExporterLogin } from "../core/exporter";
import type { Notices } from "../core/notices";
import { canLogIn } from "./connection";

/**
 * What the exporter may do: look at what the server says of itself. No key, and not the settings, of which one is the members' password; its
 * makers' list has both, for what it can be told to look up.
 */
export const EXPORTER_RULES = [
  "resetkeys",
  "resetchannels",
  "-@all",
  "+ping",
  "+info",
  "+client|setname",
  "+slowlog|len",
  "+slowlog|get",
  "+latency|latest",
  "+latency|histogram",
];

/** What the exporter reads: passwords by user and address. */
export function passwordFile(password: string): string {
  return JSON.stringify({ [EXPORTER_ADDRESS.replace("://", `://${EXPORTER_USER}@`)]: password });
}

/** How the exporter of this member gets its password. */
export function exporterLogin(credentials: Credentials, notices: Notices, socket: string): ExporterLogin {
  return new ExporterLogin({
    credentials,
    notices,
    clock: monotonic,
    letsIn: (password) => canLogIn(socket, { user: EXPORTER_USER, password }),
    file: { name: EXPORTER_FILE, content: passwordFile },
    port: EXPORTER_PORT,
    reload: "/-/reload",
  });
}
