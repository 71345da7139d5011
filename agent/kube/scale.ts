import type { KubeClient } from "./client";

/** Says how many pods a Deployment is to have, and nothing else of it. */
export async function scaleDeployment(
  client: Pick<KubeClient, "merge">,
  namespace: string,
  name: string,
  replicas: number,
): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}/scale`;
  await client.merge(path, { spec: { replicas } });
}
