// The rooms of the house, in the order of docs/architecture.md: a room may import only from rooms listed after it.
const rooms = [
  "cli",
  "agent",
  "hub",
  "sandbox",
  "workload",
  "allocation",
  "mapping",
  "fluidos",
  "intent",
  "vocabulary",
  "kubernetes",
  "observability",
  "units",
];
/** Rooms that are pure: no I/O, no clock, no randomness, so no Node built-in either. */
const pure = ["workload", "allocation", "mapping", "fluidos", "intent", "vocabulary", "units"];

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    ...rooms.map((room, index) => ({
      name: `${room}-imports-only-downwards`,
      severity: "error",
      from: { path: `^src/${room}/` },
      to: {
        path:
          rooms
            .slice(0, index)
            .map((above) => `^src/${above}/`)
            .join("|") || "^never$",
      },
    })),
    {
      name: "agent-and-hub-apart",
      severity: "error",
      from: { path: "^src/agent/" },
      to: { path: "^src/hub/" },
    },
    {
      name: "hub-and-agent-apart",
      severity: "error",
      from: { path: "^src/hub/" },
      to: { path: "^src/agent/" },
    },
    {
      name: "sandbox-only-for-cli",
      severity: "error",
      from: { path: "^src/(agent|hub)/" },
      to: { path: "^src/sandbox/" },
    },
    {
      name: "kubernetes-knows-no-gpu",
      severity: "error",
      from: { path: "^src/kubernetes/" },
      to: { path: "^src/(vocabulary|mapping)/" },
    },
    {
      name: "pure-rooms-do-no-io",
      severity: "error",
      from: { path: `^src/(${pure.join("|")})/` },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "one-room-for-the-client",
      comment:
        "Only src/kubernetes/ loads @kubernetes/client-node at run time; elsewhere its types may be imported.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/kubernetes/" },
      to: { path: "@kubernetes/client-node", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-dev-dependency-at-run-time",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev"] },
    },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default"],
    },
    doNotFollow: { path: "node_modules" },
  },
};
