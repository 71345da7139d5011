import { PostgreSqlClient } from "./postgresql-client";
import { runWriter } from "./program";

void runWriter((login) => new PostgreSqlClient(login));
