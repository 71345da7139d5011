import { primaryAndReplicas, type Topology } from "../protocol/topology";
import { MONGODB_PORT } from "./protocol";

/** The servers elect their primary; the agents write its address. */
export const MONGODB_TOPOLOGY: Topology = {
  ...primaryAndReplicas({ name: "mongodb", port: MONGODB_PORT }, { primaryBy: "agent" }),
  labelledBy: "agent",
  quorum: "majority",
};
