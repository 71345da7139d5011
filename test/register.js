"use strict";
require("../packaging/sources");

// Mocha gives its worker processes a second to end before it ends them: writing their coverage takes longer.
if (process.env.MOCHA_WORKER_ID !== undefined) process.on("SIGTERM", () => undefined);
