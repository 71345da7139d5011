import { CassandraClient } from "./cassandra-client";
import { runWriter } from "./program";

void runWriter((login) => new CassandraClient(login));
