import { backedUp } from "../backup/backed-up";
import { postgresql } from "../support/engines/postgresql";

backedUp(postgresql);
