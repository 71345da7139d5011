import { ApiError, type KubeClient } from "../../../../agent/kube/client";

type Annotations = Record<string, string | null>;

interface Merged {
  annotations?: Annotations;
  labels?: Annotations;
  resourceVersion?: string;
}

function merge(present: Annotations, changes: Annotations = {}): void {
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) Reflect.deleteProperty(present, key);
    else present[key] = value;
  }
}

/** Endpoints of the database `orders`, made with the stack, as far as their annotations go. */
export class FakeEndpoints {
  readonly objects = new Map<string, Annotations>(
    ["orders", "orders-config", "orders-sync", "orders-failover"].map((name) => [name, {}]),
  );
  readonly labels = new Map<string, Annotations>();
  away = false;
  /** Changes with what somebody else does; each object has its own beside it. */
  version = 1;
  /** What somebody else does meanwhile. */
  betweenReadAndWrite: () => void = () => undefined;
  readonly client = {
    get: async (path: string) => {
      const annotations = { ...this.find(path) };
      const resourceVersion = this.versionOf(path);
      this.betweenReadAndWrite();
      const labels = this.labels.get(path.split("/").at(-1) ?? "");
      return { metadata: { name: path, annotations, resourceVersion, labels } };
    },
    merge: async (path: string, { metadata }: { metadata: Merged }) => {
      const present = this.find(path);
      const { resourceVersion = this.versionOf(path) } = metadata;
      if (resourceVersion !== this.versionOf(path)) throw new ApiError(409, path);
      merge(present, metadata.annotations);
      const name = path.split("/").at(-1) ?? "";
      const labels = this.labels.get(name) ?? {};
      this.labels.set(name, labels);
      merge(labels, metadata.labels);
    },
  } as unknown as KubeClient;

  private versionOf(path: string): string {
    return `${this.version} ${JSON.stringify(this.find(path))}`;
  }

  private find(path: string): Annotations {
    if (this.away) throw new Error("unreachable");
    const found = this.objects.get(path.split("/").at(-1) ?? "");
    if (!found) throw new ApiError(404, path);
    return found;
  }
}
