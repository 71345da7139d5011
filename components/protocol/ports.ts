/** Port that the agent answers on. */
export const AGENT_PORT = 8390;
/** Port that the agent tells its figures on. */
export const METRICS_PORT = 8391;
