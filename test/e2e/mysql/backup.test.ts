import { backedUp } from "../backup/backed-up";
import { mysql } from "../support/engines/mysql";

backedUp(mysql);
