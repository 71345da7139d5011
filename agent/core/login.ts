import { exclusiveRole, type Topology } from "../../components/protocol/topology";
import { PASSWORD_FILES } from "../../components/protocol/accounts";
import { Since, type Clock } from "./clock";
import type { Credentials } from "./credentials";
import type { Notice, Notices } from "./notices";
import { roleFor } from "./publish";
import type { Login, Ordinal, Report } from "./types";

/** The Secret that applications log in by is made with the stack, and is not there, or may not be written. */
export class MissingLogin extends Error {}

/** The Secret that applications log in by. */
export interface LoginStore {
  /** What it holds; `undefined` while that is nothing. @throws MissingLogin */
  read(): Promise<Login | undefined>;
  /** @throws MissingLogin */
  write(login: Login): Promise<void>;
}

/** What it works with. */
export interface LoginParts {
  /** Who is in the mounted Secret; `undefined` where that has nobody. */
  wanted: () => Promise<Login | undefined>;
  /** What a member has told of what its server accepts. @default its `login`: the application's */
  markOf?: (report: Report) => string | undefined;
  /** The user, for people. @default the applications' */
  of?: string;
  /** Whether the local server lets somebody in. @default whoever is in the mounted Secret: `reconcile` makes the accounts */
  letsIn?: ((login: Login) => Promise<boolean>) | undefined;
  /** What stands for a text among members, and tells nobody else what it is; the first is the one to tell others. */
  marks: (text: string) => Promise<string[]>;
  store: LoginStore;
  topology: Topology;
  notices: Notices;
  clock: Clock;
}

/** Between two attempts with a login that was refused: a server may write each into its log, ms. */
const TRY_AGAIN = 5_000;

/** Between two looks at what is published, in case somebody changed it, ms. */
const LOOK_AGAIN = 60_000;

/**
 * How long a member that serves nobody is waited for, ms: it may be about to, with the Secret of before. A kubelet that works
 * has brought it the present one by then.
 */
const AWAY_FOR = 120_000;

/** After this time it is said that applications wait, ms: longer than kubelets take that work. */
const SAID_AFTER = 300_000;

/** What a notice is about. */
type About = "login" | "login waits";

/**
 * Gives applications the password once it is accepted.
 *
 * A kubelet brings a changed Secret to each pod at a moment of its own. If applications read the one that servers take their
 * passwords from, some of them would have a new one before their server. So they read another, which is written here: when every
 * member that serves clients has tried the new login on its own server and was let in. The one before is accepted until the next
 * rotation, so that those who have not got the new one yet are let in as well.
 */
export class ApplicationLogin {
  private accepted: { login: Login; text: string; marks: string[] } | undefined;
  private refused: { text: string; at: number } | undefined;
  /** What is published, as last seen. */
  private published: { login: Login | undefined; at: number } | undefined;
  /** For how long the present one has been accepted, and is not published. */
  private readonly pending: Since;

  constructor(private readonly parts: LoginParts) {
    this.pending = new Since(parts.clock);
  }

  /** What this member tells the others of what its server accepts. */
  get mark(): string | undefined {
    return this.accepted?.marks[0];
  }

  /** Looks whether the local server accepts what the mounted Secret has. Called when accounts have been seen to. */
  async look(): Promise<void> {
    const { clock, letsIn, marks } = this.parts;
    const login = await this.parts.wanted();
    if (login === undefined) return;
    const text = textOf(login);
    if (this.accepted?.text !== text) {
      const { refused } = this;
      if (refused?.text === text && clock() - refused.at < TRY_AGAIN) return;
      if (letsIn && !(await letsIn(login))) {
        this.refused = { text, at: clock() };
        return;
      }
    }
    // The members' Secret may have changed, too.
    this.accepted = { login, text, marks: await marks(text) };
  }

  /**
   * Publishes what is accepted, on the member whose part that is.
   *
   * @param others - everybody else of the set.
   */
  async publish(own: Report, peers: readonly Report[], others: readonly Ordinal[]): Promise<void> {
    const { accepted } = this;
    const { clock, store } = this.parts;
    if (accepted === undefined || !this.isPublisher(own, peers)) {
      this.forget();
      return;
    }
    try {
      if (this.published === undefined || clock() - this.published.at >= LOOK_AGAIN) {
        this.published = { login: await store.read(), at: clock() };
      }
      const { login: present } = this.published;
      const differs = present === undefined || textOf(present) !== accepted.text;
      const since = this.pending.measure(differs, accepted.text);
      const lacking = present === undefined ? [] : this.lacking(peers, others, since);
      this.sayWaiting(differs && since >= SAID_AFTER ? lacking : []);
      if (differs && lacking.length === 0) {
        await store.write(accepted.login);
        this.published = { login: accepted.login, at: clock() };
      }
      this.notice("login", undefined);
    } catch (error) {
      this.published = undefined;
      if (error instanceof MissingLogin) {
        this.notice("login", {
          severity: "problem",
          text: error.message,
          advice: "deploy the stack again, which makes it (docs/rights.md)",
        });
      }
      throw error;
    }
  }

  /** One does it: who takes the writes, or where members are equals the first of those that serve. */
  private isPublisher(own: Report, peers: readonly Report[]): boolean {
    const role = roleFor(own);
    if (role === "none" || own.record?.unconfirmed !== undefined) return false;
    const exclusive = exclusiveRole(this.parts.topology);
    if (exclusive !== undefined) return role === exclusive;
    return peers.every((peer) => roleFor(peer) === "none" || peer.ordinal > own.ordinal);
  }

  /** Whose server is not known to accept it. Who is not to be seen, or serves nobody, is waited for for a while. */
  private lacking(peers: readonly Report[], others: readonly Ordinal[], since: number): Ordinal[] {
    const marks = this.accepted?.marks ?? [];
    return others.filter((ordinal) => {
      const peer = peers.find((one) => one.ordinal === ordinal);
      const mark = peer && (this.parts.markOf ?? ofApplication)(peer);
      if (mark !== undefined && marks.includes(mark)) return false;
      return since < AWAY_FOR || (peer !== undefined && roleFor(peer) !== "none");
    });
  }

  private sayWaiting(lacking: readonly Ordinal[]): void {
    const { of } = this.parts;
    const who = of === undefined ? "applications go" : `the user ${of} goes`;
    this.notice(
      "login waits",
      lacking.length === 0
        ? undefined
        : {
            severity: "notice",
            text: `${who} on with the password before the present one, which not every member has: ${lacking.join(", ")}`,
            advice: "restart the pod of that number: its kubelet has not brought it the Secret as it is now",
          },
    );
  }

  /** It is not this member's part any more. */
  forget(): void {
    this.published = undefined;
    this.pending.measure(false);
    for (const about of ["login", "login waits"] as const) this.notice(about, undefined);
  }

  private notice(about: About, notice: Notice | undefined): void {
    const { notices, of } = this.parts;
    notices.set(of === undefined ? about : `${about}: ${of}`, notice);
  }
}

/** The application's, as the mounted Secret has it. One that names no user is of an engine where its name stands for more than one. */
export async function applicationLogin(credentials: Credentials): Promise<Login | undefined> {
  const user = (await credentials.find("username")) ?? (await credentials.find("owner"));
  return user === undefined
    ? undefined
    : { user, password: await credentials.read(PASSWORD_FILES.application) };
}

function ofApplication({ login }: Report): string | undefined {
  return login;
}

function textOf({ user, password }: Login): string {
  return JSON.stringify([user, password]);
}
