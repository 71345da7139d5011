// Which room may know which. `npm run lint` holds the house to it, types included.

/** The floors, each with those below it. What stands in none of these lists is not known there. */
const FLOORS = {
  components: [],
  agent: ["components"],
  stacks: ["components"],
  render: ["index.ts", "stacks", "components"],
  operate: ["render", "stacks", "components", "agent", "cluster"],
  cluster: ["render"],
  bench: ["render", "stacks", "components"],
  site: [],
};

/** The rooms of `operate/`, likewise. */
const OPERATE = {
  kube: [],
  words: [],
  deploy: ["kube"],
  status: ["deploy", "kube", "words"],
  backup: ["deploy", "kube", "words"],
  local: ["deploy", "kube"],
  report: ["kube"],
  sites: ["status", "deploy", "kube"],
  cli: ["sites", "local", "status", "report", "backup", "deploy", "kube", "words"],
};

const OWN = `^(index\\.ts$|(test|${Object.keys(FLOORS).join("|")})/)`;

function only(name, folder, below, within = OWN) {
  const allowed = [folder, ...below].map((path) => (path.endsWith(".ts") ? `${path}$` : `${path}/`));
  return {
    name,
    severity: "error",
    comment: `${folder}/ knows ${below.length > 0 ? below.join(", ") : "nothing else"}`,
    from: { path: `^${folder}/` },
    to: { path: within, pathNot: [`^(${allowed.join("|")})`, "^node_modules/"] },
  };
}

module.exports = {
  forbidden: [
    {
      name: "no-circle",
      severity: "error",
      comment: "of two files that need each other, neither can be read, tested or moved without the other",
      from: {},
      to: { circular: true },
    },
    ...Object.entries(FLOORS).map(([folder, below]) => only(`floor-${folder}`, folder, below)),
    ...Object.entries(OPERATE).map(([room, below]) =>
      only(
        `room-${room}`,
        `operate/${room}`,
        below.map((other) => `operate/${other}`),
        "^operate/",
      ),
    ),
    {
      name: "agent-core-knows-no-engine",
      severity: "error",
      comment: "what an engine is differs by what it hands to the core",
      from: { path: "^agent/core/" },
      to: { path: "^agent/(?!core/)" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(node_modules|coverage|manifests|\\.cluster)/" },
  },
};
