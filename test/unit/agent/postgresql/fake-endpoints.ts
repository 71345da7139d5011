import { ApiError, type KubeClient } from "../../../../agent/kube/client";

type Annotations = Record<string, string | null>;

interface Merged {
  annotations: Annotations;
  resourceVersion?: string;
}

/** Endpoints of the database `orders`, made with the stack, as far as their annotations go. */
export class FakeEndpoints {
  readonly objects = new Map<string, Annotations>(
    ["orders", "orders-config", "orders-sync", "orders-failover"].map((name) => [name, {}]),
  );
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
      return { metadata: { name: path, annotations, resourceVersion } };
    },
    merge: async (path: string, { metadata }: { metadata: Merged }) => {
      const present = this.find(path);
      const { resourceVersion = this.versionOf(path) } = metadata;
      if (resourceVersion !== this.versionOf(path)) throw new ApiError(409, path);
      for (const [key, value] of Object.entries(metadata.annotations)) {
        if (value === null) Reflect.deleteProperty(present, key);
        else present[key] = value;
      }
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
