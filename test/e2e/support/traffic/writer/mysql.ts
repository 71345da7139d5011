import { MySqlClient } from "./mysql-client";
import { runWriter } from "./program";

void runWriter((login) => new MySqlClient(login));
