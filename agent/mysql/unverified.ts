import { rm } from "node:fs/promises";
import { type Clock, Since } from "../core/clock";
import type { Notice, Notices } from "../core/notices";
import { readIfThere, writeWhole } from "../core/record";
import type { Role } from "../core/types";
import { majority } from "../core/views";
import type { Group } from "./group";
import type { RootConnection, Row } from "./sql";

const NOTICE = "bootstrapped without verifying";

/** What is said of a group that was bootstrapped with a certificate which is not valid. */
const DOES_NOT_VERIFY: Notice = {
  severity: "problem",
  text: "this member bootstrapped the group with a certificate that is not valid, and does not verify those that join it",
  advice:
    "put a valid certificate into the Secret: once the others have joined, it starts anew by itself, and verifies",
};

/** How long a certificate must have been valid, ms: the kubelet brings it to one member after the other. */
const ALL_HAVE_IT_AFTER = 120_000;

/** Encrypted connections to whoever it is: with an authority they would be verified in any mode. */
const UNVERIFIED = { mode: "REQUIRED", authority: "" };

/** Groups that are bootstrapped with a certificate which is not valid: by connections that verify nobody. */
export class Unverified {
  /** For how long the certificate has been valid. */
  private readonly valid: Since;

  /**
   * @param path - of a file with what is to be put back, or `null` when that is done. It is there from before the group is bootstrapped
   * until the server starts one anew: another agent of this pod knows by it what is left to do, and what is to be said.
   */
  constructor(
    private readonly root: RootConnection,
    private readonly notices: Notices,
    private readonly path: string,
    clock: Clock,
  ) {
    this.valid = new Since(clock);
  }

  /**
   * Starts the group by encrypted connections that verify nobody, and then asks for what was asked for before: that holds from
   * its next start on. For a member that is alone in it.
   *
   * @param start - the group.
   */
  async bootstrap(start: () => Promise<void>, replicas: number): Promise<void> {
    const [asked] = await this.root.run(
      "SELECT @@group_replication_ssl_mode AS mode, @@group_replication_recovery_ssl_ca AS authority",
    );
    // Nobody is to be verified, and a group takes the connection to itself.
    if (asked?.["mode"] === UNVERIFIED.mode && !asked["authority"]) {
      await start();
      return;
    }
    await writeWhole(this.path, JSON.stringify(asked));
    try {
      await this.verifyBy(UNVERIFIED);
      await start();
    } finally {
      await this.verifyBy(asked);
      await writeWhole(this.path, JSON.stringify(null));
    }
    await this.say(replicas);
  }

  /** Before the server starts a group in any other way. Puts back what an agent left behind that ended while it bootstrapped one. */
  async end(): Promise<void> {
    const asked = JSON.parse((await readIfThere(this.path)) ?? "null") as Row | null;
    if (asked) await this.verifyBy(asked);
    await rm(this.path, { force: true });
    this.notices.set(NOTICE, undefined);
  }

  /** Says that those who join are not verified, where there are any. */
  async say(replicas: number): Promise<void> {
    const holds = replicas > 1 && (await readIfThere(this.path)) !== undefined;
    this.notices.set(NOTICE, holds ? DOES_NOT_VERIFY : undefined);
  }

  /**
   * Starts the group's connections anew once they can verify, and the others can do without this member: it leaves, and then joins as
   * any member does. A primary hands over first.
   *
   * @param isValid - whether the server's certificate is.
   */
  async mend(role: Role, replicas: number, isValid: boolean, group: Group): Promise<void> {
    const lasted = this.valid.measure(isValid);
    if (lasted < ALL_HAVE_IT_AFTER || replicas === 1 || role === "none") return;
    if ((await readIfThere(this.path)) === undefined) return;
    const others = await group.othersOnline();
    if (others.length < majority(replicas)) return;
    await (role === "primary" ? group.promote(Math.min(...others)) : group.leave());
  }

  private async verifyBy({ mode, authority }: Row = {}): Promise<void> {
    await this.root.run("SET GLOBAL group_replication_ssl_mode = ?", [mode]);
    await this.root.run("SET GLOBAL group_replication_recovery_ssl_ca = ?", [authority]);
  }
}
