import type { ServerStatus } from "../core/engine";
import type { RingLook } from "./ring";

/** What a look at the ring says of the local server. */
export function statusFrom({ isMember, state, view }: RingLook, admitted: boolean): ServerStatus {
  if (!isMember) {
    const detail = state === "" ? "in no ring yet" : `in the ring as ${state.toLowerCase()}`;
    return { process: "running", member: "offline", role: "none", admitted, detail };
  }
  return { process: "running", member: "online", role: "member", view, admitted };
}
