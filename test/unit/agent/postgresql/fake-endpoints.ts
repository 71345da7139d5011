import { ApiError, type KubeClient } from "../../../../agent/kube/client";

type Annotations = Record<string, string | null>;

/** Endpoints of the database `orders`, made with the stack, as far as their annotations go. */
export class FakeEndpoints {
  readonly objects = new Map<string, Annotations>(
    ["orders", "orders-config", "orders-sync", "orders-failover"].map((name) => [name, {}]),
  );
  away = false;
  readonly client = {
    get: async (path: string) => ({ metadata: { name: path, annotations: this.find(path) } }),
    merge: async (path: string, { metadata }: { metadata: { annotations: Annotations } }) => {
      const present = this.find(path);
      for (const [key, value] of Object.entries(metadata.annotations)) {
        if (value === null) Reflect.deleteProperty(present, key);
        else present[key] = value;
      }
    },
  } as unknown as KubeClient;

  private find(path: string): Annotations {
    if (this.away) throw new Error("unreachable");
    const found = this.objects.get(path.split("/").at(-1) ?? "");
    if (!found) throw new ApiError(404, path);
    return found;
  }
}
