import type { Problems } from "../common/problems";

/** What EC2 takes for a key or a value. Braces are not among it, which the driver would take for a template. */
const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const RULE = "letters, digits, spaces and _ . : / = + - @";
const LONGEST = { key: 128, value: 256 };

/** EC2 takes 50, and the driver has some of its own. */
const MOST = 40;

/** What AWS, the driver and Kubernetes write themselves. */
const RESERVED = /^(aws:|kubernetes\.io\/|ebs\.csi\.aws\.com\/|CSIVolumeName$|CSIVolumeSnapshotName$)/i;

/**
 * Finds what is wrong with the tags of volumes. The driver would make no volume with any such.
 *
 * @see https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
export function checkTags(tags: Record<string, string> = {}, problems: Problems): void {
  const keys = Object.keys(tags);
  if (keys.length > MOST) {
    problems.add("tags", {
      value: keys.length,
      allowed: `at most ${MOST} tags`,
      fix: "remove some: EC2 takes 50, and the driver adds its own",
    });
  }
  for (const [key, value] of Object.entries(tags)) {
    const fits = CHARACTERS.test(key) && key !== "" && !key.includes("=") && key.length <= LONGEST.key;
    if (!fits || RESERVED.test(key)) {
      problems.add(`tags.${key}`, {
        allowed: `a key of at most ${LONGEST.key} ${RULE}, but no =, that does not begin with aws:, kubernetes.io/ or ebs.csi.aws.com/`,
        fix: "choose another key",
      });
    }
    if (CHARACTERS.test(value) && value.length <= LONGEST.value) continue;
    problems.add(`tags.${key}`, {
      value,
      allowed: `at most ${LONGEST.value} ${RULE}`,
      fix: "write it with these; the driver's templates ({{ … }}) are not taken",
    });
  }
}

/** The tags as a class has them: one parameter for each. */
export function tagParameters(tags: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).map(([key, value], index) => [`tagSpecification_${index + 1}`, `${key}=${value}`]),
  );
}
