import { MongoDbClient } from "./mongodb-client";
import { runWriter } from "./program";

void runWriter((login) => new MongoDbClient(login));
