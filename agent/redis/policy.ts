import { electedPolicy } from "../core/election/policy";

/** Servers neither elect nor fence one of them by themselves: the agents do, for all of it. */
export const redisPolicy = electedPolicy;
