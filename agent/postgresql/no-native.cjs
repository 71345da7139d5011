"use strict";
// Stands in for a client in C that `pg` would take if it were there.
throw Object.assign(new Error("the agent has no pg-native"), { code: "MODULE_NOT_FOUND" });
