import { runWriter } from "./program";
import { RedisClient } from "./redis-client";

void runWriter((login) => new RedisClient(login));
