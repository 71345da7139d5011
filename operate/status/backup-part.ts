import { COMPONENT } from "../../components/protocol/labels";

/** Parts of a database that are no members: they may come and go. */
export function isOfBackup({
  metadata: { labels },
}: {
  metadata: { labels?: Record<string, string> };
}): boolean {
  return labels?.[COMPONENT] === "backup";
}
