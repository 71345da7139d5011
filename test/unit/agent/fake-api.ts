import type { MarkerStore, StoredMarker } from "../../../agent/core/marker";
import type { Directory } from "../../../agent/core/publish";
import { epochOf, mayReplace, type Route } from "../../../agent/core/routes";
import type { Marker, Ordinal } from "../../../agent/core/types";

/** Thrown by everything that cannot be reached. */
export const unreachable = new Error("unreachable");

/** Who reaches whom: members in the same part reach each other; `api` is who reaches the API server. */
export class FakeNetwork {
  parts: Ordinal[][] = [];
  api = new Set<Ordinal>();
  /** Whose agents answer nobody, while their servers do: a busy machine. */
  readonly mute = new Set<Ordinal>();

  reaches(a: Ordinal, b: Ordinal): boolean {
    return a === b || this.parts.some((part) => part.includes(a) && part.includes(b));
  }
}

/** The API server's compare-and-swap, for one object, and the routes. */
export class FakeApi {
  stored: StoredMarker | undefined;
  /** How many members a ring is shown to have. */
  members: number | undefined;
  /** How often a first marker was accepted. */
  created = 0;
  readonly routes = new Map<string, Route>();
  /** Members whose pod does not run, as Kubernetes knows. */
  readonly absent = new Set<Ordinal>();

  constructor(private readonly network: FakeNetwork) {}

  markersFor(self: Ordinal): MarkerStore {
    const reach = (): void => {
      if (!this.network.api.has(self)) throw unreachable;
    };
    const put = (marker: Marker): StoredMarker => {
      this.stored = {
        marker: structuredClone(marker),
        version: String(Number(this.stored?.version ?? 0) + 1),
      };
      return structuredClone(this.stored);
    };
    return {
      read: async () => {
        reach();
        return structuredClone(this.stored);
      },
      create: async (marker) => {
        reach();
        if (this.stored) return undefined;
        this.created++;
        return put(marker);
      },
      replace: async (marker, version) => {
        reach();
        return this.stored?.version === version ? put(marker) : undefined;
      },
    };
  }

  /** What an operator does: `kubectl annotate`. */
  annotate(recoverFrom: string): void {
    this.set({ recoverFrom });
  }

  /** The same, of a ring's size. */
  scaleIn(scaleInTo: string | undefined): void {
    this.set({ scaleInTo });
  }

  joinUnrepaired(joinUnrepaired: string): void {
    this.set({ joinUnrepaired });
  }

  private set(said: Partial<Marker>): void {
    const { stored } = this;
    if (!stored) return;
    this.stored = { marker: { ...stored.marker, ...said }, version: String(Number(stored.version) + 1) };
  }

  isAbsent(self: Ordinal, ordinal: Ordinal): boolean {
    if (!this.network.api.has(self)) throw unreachable;
    return this.absent.has(ordinal);
  }

  publishedEpoch(): number {
    return Math.max(0, ...[...this.routes.values()].map(({ fence }) => epochOf(fence)));
  }

  directoryFor(self: Ordinal): Directory {
    const reach = (): void => {
      if (!this.network.api.has(self)) throw unreachable;
    };
    return {
      label: async () => {
        reach();
      },
      route: async ({ key }, route, still) => {
        reach();
        if (mayReplace(this.routes.get(key)?.fence, route.fence) && (await still()))
          this.routes.set(key, route);
      },
    };
  }
}
