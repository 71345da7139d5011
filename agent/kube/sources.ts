import { headlessServiceName } from "../../components/protocol/names";
import { ROLE_LABEL } from "../../components/protocol/labels";
import type { Source } from "../core/engine";
import { unless, type KubeClient, type KubeObject } from "./client";

/** The most members that a set can have. */
const MOST = 9;

interface Pod extends KubeObject {
  status?: { podIP?: string; phase?: string };
}

/** The members that serve, as their pods' labels say it: for who is none of them, and has no proof to ask them by. */
export async function servingMembers(
  client: Pick<KubeClient, "get">,
  { namespace, name }: { namespace: string; name: string },
): Promise<Source[]> {
  const found: Source[] = [];
  for (let ordinal = 0; ordinal < MOST; ordinal++) {
    const pod = await unless(404, client.get<Pod>(`/api/v1/namespaces/${namespace}/pods/${name}-${ordinal}`));
    const role = pod?.metadata.labels?.[ROLE_LABEL];
    const address = pod?.status?.podIP;
    const runs = pod?.status?.phase === "Running" && pod.metadata.deletionTimestamp === undefined;
    if (!runs || address === undefined || (role !== "primary" && role !== "replica")) continue;
    const host = `${name}-${ordinal}.${headlessServiceName(name)}.${namespace}.svc`;
    found.push({ ordinal, host, address, role });
  }
  return found;
}
