/**
 * The program of the agents, as the objects of a cluster that carry it.
 *
 * @module
 */
export { AgentBundle, type AgentBundleArgs } from "./agent-bundle";
