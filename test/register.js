"use strict";
require("../packaging/sources");
