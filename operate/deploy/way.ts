import type { StackConfig } from "../../stacks/types";
import type { ApiObject, Kubectl } from "../kube/kubectl";
import { OURS } from "../kube/labels";
import { FIELD_MANAGER } from "./apply";
import { RefusedError } from "./refused-error";

/** What can deploy a stack from here. */
export const WAYS = ["pulumi", "kubectl"] as const;
export type Way = (typeof WAYS)[number];

/** By what a stack was deployed last: one of these ways, or from a repository by a program in the cluster. */
export type LastWay = { way: Way } | { repository: string };

interface Managed extends ApiObject {
  metadata: ApiObject["metadata"] & {
    managedFields?: { manager: string; operation: string; time?: string; subresource?: string }[];
  };
}

/**
 * By what a stack was deployed last, as its StatefulSets tell: under which names their fields were applied.
 *
 * @returns undefined where none of its databases is there
 */
export async function lastWay(
  kubectl: Kubectl,
  { namespace, databases }: Pick<StackConfig, "namespace" | "databases">,
): Promise<LastWay | undefined> {
  const command = ["get", "statefulsets", "-n", namespace, "-l", OURS, "--show-managed-fields", "-o", "json"];
  const { items } = JSON.parse(await kubectl.run(command)) as { items: Managed[] };
  const names = new Set(databases.map(({ name }) => name));
  return items
    .filter(({ metadata }) => names.has(metadata.name))
    .flatMap(({ metadata }) => metadata.managedFields ?? [])
    .filter(({ subresource }) => subresource === undefined)
    .flatMap(({ manager, operation, time = "" }) => {
      const by = wayOf(manager, operation);
      return by === undefined ? [] : [{ by, time }];
    })
    .sort((a, b) => (a.time < b.time ? -1 : 1))
    .at(-1)?.by;
}

/** Others change a StatefulSet as well, by hand or as controllers: they are nobody who deploys it. */
function wayOf(manager: string, operation: string): LastWay | undefined {
  if (/^argocd|^kustomize-controller$/.test(manager)) return { repository: manager };
  if (operation !== "Apply") return undefined;
  // The second name is that of files which a user applies.
  if (manager === FIELD_MANAGER || manager === "kubectl") return { way: "kubectl" };
  return manager.startsWith("pulumi-kubernetes") ? { way: "pulumi" } : undefined;
}

/** What the choice of a way is made of. */
export interface WayChoice {
  /** Name of the stack. */
  stack: string;
  last: LastWay | undefined;
  /** What was asked for. @default the last one, else Pulumi where all of it is on this machine */
  by: Way | undefined;
  /** What of Pulumi is not on this machine. */
  missing: string[];
  /** The command that removes the stack and keeps its data, by a way. */
  removal: (way: Way) => string;
}

/**
 * The way that a stack is deployed, or removed, by. It stays the one that it was: each knows nothing of what the other did, owns
 * fields under a name of its own, and has guards of its own.
 *
 * @throws RefusedError where another one was asked for, or the last one is not to be had here
 */
export function chooseWay({ stack, last, by, missing, removal }: WayChoice): Way {
  if (last && "repository" in last) {
    throw new RefusedError(
      `Nothing was changed: the stack ${stack} is deployed from a repository, by ${last.repository}, which would undo this. Change it there.`,
    );
  }
  const before = last?.way;
  if (before !== undefined && by !== undefined && by !== before) {
    throw new RefusedError(
      `Nothing was changed: the stack ${stack} was deployed by ${before} last, which ${by} would know nothing of. Leave --by ${by} away; ` +
        `or change over: \`${removal(before)}\` stops it and keeps its data, and the next up may be by ${by}.`,
    );
  }
  const way = by ?? before ?? (missing.length === 0 ? "pulumi" : "kubectl");
  if (way === "pulumi" && missing.length > 0) {
    const why = before === undefined ? "" : `, by which the stack ${stack} was deployed last`;
    throw new RefusedError(
      `Nothing was changed: of Pulumi${why}, this machine lacks ${missing.join(", ")}. Install that; \`npx pulumi up\` fetches plugins.`,
    );
  }
  return way;
}
