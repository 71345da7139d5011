import { primaryAndReplicas, type Topology } from "../protocol/topology";
import { MYSQL_PORT } from "./protocol";

/** The group elects its primary; the agents write its address. */
export const MYSQL_TOPOLOGY: Topology = {
  ...primaryAndReplicas({ name: "mysql", port: MYSQL_PORT }, { primaryBy: "agent" }),
  labelledBy: "agent",
  quorum: "majority",
};
