/** What a component asks for, without anything particular. */
export const wanted = {
  durability: "majority" as const,
  requireTls: false,
  verifyMembers: true,
  binaries: "/usr/lib/postgresql/17/bin",
  extensions: [],
  clientHba: ["host all all all scram-sha-256"],
  parameters: { max_connections: "100" },
};
