import type { KubeClient, KubeObject } from "../kube/client";

/** The primary's lock, as the API server has it. */
export interface HeldLock {
  /** Each renewal has another one. */
  version: string;
  /** Who holds it. */
  leader?: string;
  /** The holder's address, once it has written that. */
  address?: string;
}

/** By whom the primary's commits are acknowledged, as it has written that before it counts on them. */
export interface Electorate {
  version: string;
  /** The primary that wrote it. */
  leader: string | undefined;
  /** Names of members. A commit that was acknowledged is on at least one of their disks. */
  voters: string[];
}

interface LockObject extends KubeObject {
  subsets?: { addresses?: { ip?: string; targetRef?: { name?: string } }[] }[];
}

/** Marks that who acknowledges commits was taken for settled, with the lock's version for which that was. */
const FROZEN = "stateful/voided";

/**
 * What of Patroni's state is looked at, and changed, when a primary's lock is to be void before it has run out. Each change is
 * made only to what was read.
 */
export class LockState {
  constructor(
    private readonly client: Pick<KubeClient, "get" | "merge">,
    private readonly namespace: string,
    private readonly name: string,
  ) {}

  async held(): Promise<HeldLock> {
    const { metadata, subsets } = await this.client.get<LockObject>(this.path());
    const leader = metadata.annotations?.["leader"];
    const places = (subsets ?? []).flatMap(({ addresses }) => addresses ?? []);
    const address = places.find(({ targetRef }) => leader !== undefined && targetRef?.name === leader)?.ip;
    return {
      version: versionOf(metadata),
      ...(leader ? { leader } : {}),
      ...(address === undefined ? {} : { address }),
    };
  }

  async electorate(): Promise<Electorate> {
    const { metadata } = await this.client.get<KubeObject>(this.path("-sync"));
    const { leader, sync_standby: voters = "" } = metadata.annotations ?? {};
    return {
      version: versionOf(metadata),
      leader,
      voters: voters
        .split(",")
        .map((one) => one.trim())
        .filter((one) => one !== ""),
    };
  }

  /** Rejects when the electorate is not what was read. What is about to be written to it by who read it before, is refused. */
  async freeze({ version }: Electorate, lock: string): Promise<void> {
    await this.client.merge(this.path("-sync"), {
      metadata: { resourceVersion: version, annotations: { [FROZEN]: lock } },
    });
  }

  /** Takes the lock from who holds it. Rejects when it was renewed, or taken, since it had this version. */
  async void(version: string): Promise<void> {
    await this.client.merge(this.path(), {
      metadata: { resourceVersion: version, annotations: { leader: null } },
    });
  }

  private path(suffix = ""): string {
    return `/api/v1/namespaces/${this.namespace}/endpoints/${this.name}${suffix}`;
  }
}

function versionOf({ resourceVersion }: KubeObject["metadata"]): string {
  if (resourceVersion === undefined) throw new Error("the API server tells no version");
  return resourceVersion;
}
