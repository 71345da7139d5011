import { exclusiveRole } from "../../../../components/protocol/topology";
import type { Pod } from "../../../../operate/kube/objects";
import { type Scene, sceneOf } from "../faults/scene";

/** @returns what tells, later, whether a server ended, or another member took its role */
export async function watchPrimary(scene: Scene): Promise<() => Promise<string[]>> {
  const ended = await watchServers(scene);
  return async () => {
    const { target } = await sceneOf(scene.kubectl, scene.engine, scene.namespace, scene.database);
    const same = target.pod === scene.target.pod;
    return [
      ...(same
        ? []
        : [
            `${target.pod} became ${exclusiveRole(scene.engine.topology) ?? ""} in place of ${scene.target.pod}`,
          ]),
      ...(await ended()),
    ];
  };
}

/** @returns what tells, later, which servers ended meanwhile */
export async function watchServers(scene: Scene): Promise<() => Promise<string[]>> {
  const before = await starts(scene);
  return async () => {
    const after = await starts(scene);
    const ended = [...before].filter(([pod, start]) => after.get(pod) !== start);
    return ended.map(([pod]) => `the server of ${pod} ended`);
  };
}

/** Which start of its server's container each pod is at. */
async function starts({ kubectl, namespace, pods, engine }: Scene): Promise<Map<string, string>> {
  const found = await Promise.all(
    pods.map(async (name) => [name, await kubectl.get<Pod>("pod", name, namespace)] as const),
  );
  return new Map(
    found.map(([name, pod]) => {
      const server = pod?.status.containerStatuses?.find((one) => one.name === engine.container);
      return [name, `${pod?.metadata.uid ?? "none"} ${server?.restartCount ?? 0}`];
    }),
  );
}
