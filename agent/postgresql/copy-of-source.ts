import type { FollowState } from "../../components/protocol/follow";
import type { WantedSettings } from "../../components/postgresql/protocol";
import type { Notice } from "../core/notices";
import type { Supervisor } from "../core/supervisor";
import type { SourceIdentity } from "./source";

/** A physical copy runs on the same major version alone. @throws Error for people */
export function checkSource({ version }: SourceIdentity, { binaries, follow }: WantedSettings): void {
  const major = /^\d+/.exec(version)?.[0];
  const own = /\/(\d+)\/bin\/?$/.exec(binaries)?.[1];
  if (own === undefined || major === own) return;
  throw new Error(
    `the source ${follow?.host ?? ""} is PostgreSQL ${version}, and this database ${own}: a copy is of the same major version. ` +
      "Give it the source's version, or copy by pg_dump or logical replication",
  );
}

/** Said while the first copy is made: an earlier attempt that failed stands in the state until this one has come about. */
export function copyingNotice({ follow }: WantedSettings): Notice {
  return { severity: "notice", text: `the first copy of ${follow?.host ?? "the source"} is being made` };
}

/** A first copy of a source takes as long as it takes. Patroni ends where it fails. */
export class Copying {
  private began = false;

  constructor(private readonly supervisor: Pick<Supervisor, "report">) {}

  /** @throws Error where the copy has failed */
  async check(): Promise<void> {
    const { running } = await this.supervisor.report();
    if (this.began && !running) throw new Error("the source could not be copied: the server's log says why");
    this.began ||= running;
  }
}

/** What of what the stack file says is not so. */
export function followNotice(asked: boolean, follows: FollowState | undefined): Notice | undefined {
  if (asked && follows === "promoted") {
    return {
      severity: "notice",
      text: "it was promoted, and follows nobody: `follow` in the stack file says otherwise",
      advice: "remove `follow` from the stack file",
    };
  }
  if (asked && follows === undefined) {
    return {
      severity: "problem",
      text: "it has data of its own, and does not follow another database, as the stack file asks: its data is kept as it is",
      advice: "remove `follow` here, and give it to a new database of another name (docs/sites.md)",
    };
  }
  if (!asked && follows === "source") {
    return {
      severity: "problem",
      text: "`follow` was removed from the stack file, and it was not promoted: it goes on following its source, and takes no writes",
      advice: "put `follow` back, or promote it (docs/sites.md)",
    };
  }
  return undefined;
}
