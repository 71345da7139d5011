import { isSettled } from "../enrolled";
import type { ServerStatus } from "../engine";
import type { MemberRecord, Ordinal, View } from "../types";
import type { Elector } from "./elector";
import { electorate } from "./world";

/** What the election makes of a server's status: its standing, its role and the membership, whose number is the term. */
export function standing(
  status: ServerStatus,
  record: MemberRecord | undefined,
  {
    elector,
    self,
    addresses,
    wanted,
  }: {
    elector: Pick<Elector, "state" | "lease" | "why" | "term" | "reigns">;
    self: Ordinal;
    addresses: ReadonlyMap<Ordinal, string>;
    wanted: number;
  },
): ServerStatus {
  const { state, lease, why, term } = elector;
  const plain = { ...status, role: "none", detail: status.detail ?? why } as const;
  if (status.process !== "running" || !state) return { ...status, member: "offline", role: "none" };
  const size = electorate({ wanted, ...(lease ? { lease } : {}) });
  const viewWith = (online: Ordinal[], primary: Ordinal): View => ({
    number: term ?? 0,
    members: [...Array(Math.max(Number.isFinite(size) ? size : 0, self + 1)).keys()],
    online: [...new Set(online)].sort((a, b) => a - b),
    primary,
  });
  if (state.as === "primary" && elector.reigns) {
    const near = [...addresses].filter(([, address]) =>
      state.followers?.some((one) => one.address === address),
    );
    const view = viewWith([self, ...near.map(([ordinal]) => ordinal)], self);
    return { ...status, member: "online", role: "primary", view };
  }
  const primary = [...addresses].find(([, address]) => address === state.follows)?.[0];
  if (state.as === "following" && primary !== undefined && term !== undefined) {
    if (state.link === "up")
      return { ...status, member: "online", role: "replica", view: viewWith([self, primary], primary) };
    if (state.link === "copying")
      return { ...plain, member: "joining", detail: `copying all data of member ${primary}` };
  }
  return { ...plain, member: isSettled(record) ? "blocked" : "offline" };
}
