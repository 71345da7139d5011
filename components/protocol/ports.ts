/** Port that the agent answers on. */
export const AGENT_PORT = 8390;
