import { headlessServiceName } from "../../components/protocol/names";
import { RESTORABLE } from "../../components/protocol/annotations";
import { ROLE_LABEL } from "../../components/protocol/labels";
import { isExclusive, isServingRole } from "../../components/protocol/topology";
import type { Source } from "../core/engine";
import { unless, type KubeClient, type KubeObject } from "./client";

/** The most members that a set can have. */
const MOST = 9;

interface Pod extends KubeObject {
  status?: { podIP?: string; phase?: string };
}

interface Place {
  namespace: string;
  name: string;
}

type Client = Pick<KubeClient, "get">;

/** The members that serve, as their pods' labels say it: for who is none of them, and has no proof to ask them by. */
export async function servingMembers(client: Client, place: Place): Promise<Source[]> {
  return (await servingPods(client, place)).map(({ source }) => source);
}

/** Until when all is stored, as the primary's pod says it, ms since 1970; `undefined` where it says nothing. */
export async function restorableUntil(client: Client, place: Place): Promise<number | undefined> {
  const primary = (await servingPods(client, place)).find(({ source }) => isExclusive(source.role));
  const said = Date.parse(primary?.annotations[RESTORABLE] ?? "");
  return Number.isNaN(said) ? undefined : said;
}

async function servingPods(
  client: Client,
  { namespace, name }: Place,
): Promise<{ source: Source; annotations: Record<string, string> }[]> {
  const found: { source: Source; annotations: Record<string, string> }[] = [];
  for (let ordinal = 0; ordinal < MOST; ordinal++) {
    const pod = await unless(404, client.get<Pod>(`/api/v1/namespaces/${namespace}/pods/${name}-${ordinal}`));
    const role = pod?.metadata.labels?.[ROLE_LABEL];
    const address = pod?.status?.podIP;
    const runs = pod?.status?.phase === "Running" && pod.metadata.deletionTimestamp === undefined;
    if (!runs || address === undefined || !isServingRole(role)) continue;
    const host = `${name}-${ordinal}.${headlessServiceName(name)}.${namespace}.svc`;
    found.push({ source: { ordinal, host, address, role }, annotations: pod.metadata.annotations ?? {} });
  }
  return found;
}
