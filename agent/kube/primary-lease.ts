import { ELECTION } from "../../components/protocol/annotations";
import { primaryLeaseName } from "../../components/protocol/names";
import { timeOfDay } from "../core/clock";
import type { Former, Lease, LeaseStore, StoredLease } from "../core/election/lease";
import type { LogPosition } from "../core/election/replication";
import { countUpTo, listOf, objectOf, optional, type Reader } from "../core/read";
import type { Ordinal } from "../core/types";
import { isCode, type KubeClient, type KubeObject } from "./client";

interface LeaseObject extends KubeObject {
  spec?: {
    holderIdentity?: string | null;
    leaseTransitions?: number;
    acquireTime?: string;
    renewTime?: string;
  };
}

/** What has no place in a Lease's own fields, as an annotation. */
interface Beside {
  position?: LogPosition;
  former?: Former[];
  size?: number;
  /** Counts the writes: the API server gives an object no other version that is written as it was. */
  changes?: number;
}

/** Where a database's lease is. */
export function leasePath(namespace: string, database: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${primaryLeaseName(database)}`;
}

const count = countUpTo(Number.MAX_SAFE_INTEGER);
const ordinal = countUpTo(99);

const beside: Reader<Beside> = objectOf<Beside>({
  position: optional(objectOf<LogPosition>({ term: count, mark: count, offset: optional(count) })),
  former: optional(listOf(objectOf<Former>({ ordinal, term: count }), 100)),
  size: optional(countUpTo(100)),
  changes: optional(count),
});

/**
 * Keeps who is the primary as a Lease, which is made with the stack. It is read as it is now and not from a cache, and
 * replaced at the version that was read alone: the API server's own compare-and-swap decides between members.
 */
export class PrimaryLease implements LeaseStore {
  private last: LeaseObject | undefined;

  /**
   * @param path - of the object.
   * @param set - the StatefulSet's name, with which those of the pods begin.
   */
  constructor(
    private readonly client: Pick<KubeClient, "get" | "replace">,
    private readonly path: string,
    private readonly set: string,
  ) {}

  /** @throws Error when it cannot be understood: it is never taken for one of nobody. */
  async read(): Promise<StoredLease> {
    this.last = await this.client.get<LeaseObject>(this.path);
    return this.understood(this.last);
  }

  async replace(next: Lease, version: string): Promise<StoredLease | undefined> {
    const found =
      this.last?.metadata.resourceVersion === version
        ? this.last
        : await this.client.get<LeaseObject>(this.path);
    if (found.metadata.resourceVersion !== version) return undefined;
    const { changes = 0 } = this.beside(found);
    const { position, former, size, term, holder } = next;
    const time = new Date(timeOfDay()).toISOString().replace("Z", "000Z");
    const said: Beside = {
      ...(position ? { position } : {}),
      ...(former ? { former: [...former] } : {}),
      ...(size === undefined ? {} : { size }),
      changes: changes + 1,
    };
    const other = term !== (found.spec?.leaseTransitions ?? 0);
    const body = {
      ...found,
      metadata: {
        ...found.metadata,
        annotations: { ...found.metadata.annotations, [ELECTION]: JSON.stringify(said) },
      },
      spec: {
        ...found.spec,
        holderIdentity: holder === undefined ? null : `${this.set}-${holder}`,
        leaseTransitions: term,
        ...(other ? { acquireTime: time } : {}),
        renewTime: time,
      },
    };
    try {
      this.last = await this.client.replace<LeaseObject>(this.path, body);
    } catch (error) {
      if (isCode(error, 409)) return undefined;
      throw error;
    }
    return this.understood(this.last);
  }

  private understood(object: LeaseObject): StoredLease {
    const { resourceVersion: version } = object.metadata;
    if (version === undefined || version === "") throw new Error("the lease has no version");
    const { position, former, size } = this.beside(object);
    const holder = this.holderOf(object.spec?.holderIdentity ?? "");
    return {
      version,
      term: count(object.spec?.leaseTransitions ?? 0, "leaseTransitions"),
      ...(holder === undefined ? {} : { holder }),
      ...(position ? { position } : {}),
      ...(former ? { former } : {}),
      ...(size === undefined ? {} : { size }),
    };
  }

  private beside({ metadata: { annotations } }: LeaseObject): Beside {
    return beside(JSON.parse(annotations?.[ELECTION] ?? "{}"), ELECTION);
  }

  private holderOf(identity: string): Ordinal | undefined {
    if (identity === "") return undefined;
    const number = identity.startsWith(`${this.set}-`) ? identity.slice(this.set.length + 1) : "";
    if (!/^\d{1,2}$/.test(number)) throw new Error(`the lease is held by "${identity}", which is no member`);
    return Number(number);
  }
}
