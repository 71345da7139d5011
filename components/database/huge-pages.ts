import { checkBytes, checkChoice } from "../common/checks";
import type { Problems } from "../common/problems";
import { parseBytes } from "../common/quantity";

/** Sizes that x86-64 and most of arm64 have. https://kubernetes.io/docs/tasks/manage-hugepages/scheduling-hugepages/ */
export enum HugePageSize {
  TwoMebibytes = "2Mi",
  OneGibibyte = "1Gi",
}

/** Huge pages of a replica. */
export interface HugePagesArgs {
  /** How much of it, beside `resources.memory`: a multiple of the page's size, for instance `4Gi`. Nodes must have as much free. */
  size: string;
  /** Size of a page. @default 2Mi */
  pageSize?: HugePageSize;
}

/** Whether an engine's servers take them, or what to do instead. */
export type HugePagesRules = { can: true } | { can: false; instead: string };

/** Finds what is wrong with them, as far as it is the same for all engines. */
export function checkHugePages(
  hugePages: HugePagesArgs | undefined,
  { engine, hugePages: rules }: { engine: string; hugePages: HugePagesRules },
  problems: Problems,
): void {
  if (hugePages === undefined) return;
  if (!rules.can) {
    problems.add("", { allowed: `nothing, for ${engine}`, fix: `remove it: ${rules.instead}` });
    return;
  }
  checkChoice("pageSize", hugePages.pageSize, Object.values(HugePageSize), problems);
  checkBytes("size", hugePages.size, "4Gi", problems);
  const page = hugePages.pageSize ?? HugePageSize.TwoMebibytes;
  const [bytes, one] = [parseBytes(hugePages.size), parseBytes(page)];
  if (bytes === undefined || one === undefined || (bytes > 0 && bytes % one === 0)) return;
  problems.add("size", {
    value: hugePages.size,
    allowed: `a multiple of ${page}, the size of a page`,
    fix: `write it like ${Math.max(1, Math.ceil(bytes / one)) * (one / 1024 ** 2)}Mi`,
  });
}

/** What a replica has in huge pages, bytes. */
export function hugePagesBytes(hugePages: HugePagesArgs | undefined): number {
  return hugePages === undefined ? 0 : (parseBytes(hugePages.size) ?? 0);
}

/** The same as Kubernetes calls it, for a container's resources. */
export function hugePagesResources(hugePages: HugePagesArgs | undefined): Record<string, string> {
  if (hugePages === undefined) return {};
  return { [`hugepages-${hugePages.pageSize ?? HugePageSize.TwoMebibytes}`]: hugePages.size };
}
