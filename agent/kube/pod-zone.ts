import { ZONE } from "../../components/protocol/labels";
import { unless, type KubeClient, type KubeObject } from "./client";

/**
 * The zone of a pod's node, as a label of the pod says. The API server takes it over from the node when it binds the pod, from Kubernetes 1.35
 * on: so nobody needs the right to read nodes. A pod
 * stays on its node: what was once answered is not asked again.
 *
 * @see https://github.com/kubernetes/enhancements/issues/4742
 */
export function podZone(
  client: Pick<KubeClient, "get">,
  namespace: string,
  pod: string,
): () => Promise<string | undefined> {
  let known: string | undefined;
  return async () => {
    if (known !== undefined) return known;
    const found = await unless(404, client.get<KubeObject>(`/api/v1/namespaces/${namespace}/pods/${pod}`));
    known = found?.metadata.labels?.[ZONE];
    return known;
  };
}
