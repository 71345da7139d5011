import type { ServerStatus } from "../core/engine";
import type { Look } from "./replication";
import { formatPosition } from "./position";

/**
 * What a look says of the server. Whether it is a member, and which role it has, is for the members to agree on: this is the
 * server's own side.
 */
export function statusFrom({ facts, mark }: Look, admitted: boolean): ServerStatus {
  const { loading, primary, follows, linked, copying, place } = facts;
  if (loading !== undefined) {
    return { process: "starting", member: "offline", role: "none", detail: `reading its data: ${loading} %` };
  }
  const role = primary ? "primary" : linked ? "replica" : "none";
  const detail = copying ? `copying${left(copying)} from ${follows?.address ?? "the primary"}` : undefined;
  return {
    process: "running",
    member: role === "none" ? (copying ? "joining" : "offline") : "online",
    role,
    ...(mark === undefined
      ? {}
      : { position: formatPosition({ ...mark, ...(place === undefined ? {} : { place }) }) }),
    admitted,
    ...(detail === undefined ? {} : { detail }),
  };
}

function left({ bytesLeft }: { bytesLeft?: number }): string {
  return bytesLeft === undefined ? "" : `, ${Math.ceil(bytesLeft / 2 ** 20)} MiB left,`;
}
