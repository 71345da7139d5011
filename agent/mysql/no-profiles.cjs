"use strict";
// Stands in for the certificates of a cloud's databases, which the agent never connects to.
module.exports = {};
