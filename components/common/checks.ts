import type * as pulumi from "@pulumi/pulumi";
import {
  DNS_LABEL_RULE,
  MAX_STATEFUL_SET_NAME_LENGTH,
  isConfigKey,
  isDnsSubdomain,
  isImageReference,
  isLabelValue,
  isQualifiedName,
  isServiceName,
} from "./names";
import { isKnown } from "./outputs";
import type { Problems } from "./problems";
import { parseBytes, parseCpus, parseSeconds } from "./quantity";

// What a value must be whoever takes it.

/** Checks the name that a StatefulSet and the Services are called by. */
export function checkName(name: string, problems: Problems, maxLength = MAX_STATEFUL_SET_NAME_LENGTH): void {
  if (isServiceName(name, maxLength)) return;
  problems.add("", {
    value: name,
    allowed: `a name of at most ${maxLength} characters: ${DNS_LABEL_RULE}`,
    fix: "rename it; the name is part of DNS names and of the volumes' names",
  });
}

/** Checks the reference of an image, where it is known before the run. */
export function checkImage(key: string, image: unknown, problems: Problems): void {
  if (typeof image !== "string" || isImageReference(image)) return;
  problems.add(key, {
    value: image,
    allowed: "[host[:port]/]path[:tag][@sha256:…], the path in lower-case letters",
    fix: "correct it, for instance docker.io/library/busybox:1.37",
  });
}

/**
 * The same for an image that must be the same one on every member: a tag that says a version, or a digest. What `latest` leads to, which is
 * also meant where there is no tag, moves from one day to the next.
 */
export function checkImageVersioned(key: string, image: unknown, problems: Problems): void {
  checkImage(key, image, problems);
  if (typeof image !== "string" || !isImageReference(image) || image.includes("@")) return;
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  if (tag !== undefined && tag !== "latest") return;
  problems.add(key, {
    value: image,
    allowed:
      "a tag that says a version, or a digest: what `latest` leads to, which is meant without a tag, moves",
    fix: "write the version behind it, for instance :v1.2.3",
  });
}

/** Checks a size such as that of a volume. */
export function checkBytes(
  key: string,
  value: string | undefined,
  example: string,
  problems: Problems,
): void {
  if (value === undefined || parseBytes(value) !== undefined) return;
  problems.add(key, {
    value,
    allowed: "a Kubernetes quantity of bytes: a number above 0 with Ki, Mi, Gi, Ti (or k, M, G, T)",
    fix: `write it like ${example}`,
  });
}

/** Checks how many processors are reserved, and how many may be used. */
export function checkProcessors(
  { cpu, cpuLimit }: { cpu: string; cpuLimit?: string },
  problems: Problems,
): void {
  checkCpu("resources.cpu", cpu, problems);
  checkCpu("resources.cpuLimit", cpuLimit, problems);
  const [reserved = 0, most = Infinity] = [parseCpus(cpu), parseCpus(cpuLimit ?? "")];
  if (reserved <= most) return;
  problems.add("resources.cpuLimit", {
    value: cpuLimit,
    allowed: `at least what is reserved, ${cpu}`,
    fix: "raise it, or lower resources.cpu",
  });
}

/** Checks a number of processors. */
export function checkCpu(key: string, value: string | undefined, problems: Problems): void {
  if (value === undefined || parseCpus(value) !== undefined) return;
  problems.add(key, {
    value,
    allowed: "a Kubernetes quantity of processors: 500m, 1, 1.5",
    fix: 'write it like "500m" (half a processor) or "2"',
  });
}

/** Checks the name of a Secret, where it is known before the run. */
export function checkSecretName(key: string, name: unknown, problems: Problems): void {
  if (typeof name !== "string" || isDnsSubdomain(name)) return;
  problems.add(key, {
    value: name,
    allowed: "the name of a Secret in the namespace: lower-case letters, digits, '-' and '.'",
    fix: "correct the name",
  });
}

/** Checks the name of a key in a Secret. */
export function checkSecretKey(key: string, name: string | undefined, problems: Problems): void {
  if (name === undefined || isConfigKey(name)) return;
  problems.add(key, {
    value: name,
    allowed: "the key of a Secret: letters, digits, '-', '_' and '.'",
    fix: "write it as the Secret has it: kubectl describe secret shows its keys",
  });
}

/** Checks the Secrets that images are pulled with. */
export function checkPullSecrets(names: pulumi.Input<string>[] | undefined, problems: Problems): void {
  names?.forEach((name, index) => {
    checkSecretName(`imagePullSecrets[${index}]`, name, problems);
  });
}

/** Checks a value that is one of a few. */
export function checkChoice(
  key: string,
  value: string | undefined,
  choices: string[],
  problems: Problems,
): void {
  if (value === undefined || choices.includes(value)) return;
  problems.add(key, { value, allowed: choices.join(", "), fix: "choose one of these" });
}

/** Checks labels: their keys, values that are known before the run, and that none is one of the standard ones, which we set. */
export function checkLabels(
  key: string,
  labels: Record<string, pulumi.Input<string>> | undefined,
  problems: Problems,
): void {
  checkKeys(key, labels, problems);
  for (const [label, value] of Object.entries(labels ?? {})) {
    if (!isKnown(value) || isLabelValue(value)) continue;
    problems.at(key).add(label, {
      value,
      allowed: "at most 63 letters, digits, '-', '_' and '.', a letter or digit first and last",
      fix: "shorten or correct the value; longer texts go into annotations",
    });
  }
}

/** Checks the keys of labels or annotations. */
export function checkKeys(key: string, entries: object | undefined, problems: Problems): void {
  for (const name of Object.keys(entries ?? {})) {
    if (!isQualifiedName(name)) {
      problems.at(key).add(name, {
        allowed: "[prefix/]name: at most 63 letters, digits, '-', '_' and '.'; the prefix is a DNS name",
        fix: "correct the key",
      });
    } else if (key === "labels" && name.startsWith("app.kubernetes.io/")) {
      problems.at(key).add(name, {
        allowed: "labels other than app.kubernetes.io/…, which every object has already",
        fix: "remove it, or use a prefix of your own",
      });
    }
  }
}

/** Checks a duration such as `5m`. @param usual what holds where it is left out, if anything does, and an example of it anyway */
export function checkDuration(
  key: string,
  value: string | undefined,
  { least, most, usual, example = usual }: { least: string; most: string; usual?: string; example?: string },
  problems: Problems,
): void {
  if (value === undefined) return;
  const seconds = parseSeconds(value);
  const [from = 0, to = Infinity] = [parseSeconds(least), parseSeconds(most)];
  if (seconds !== undefined && seconds >= from && seconds <= to) return;
  const without = usual === undefined ? "leave it out" : `leave it out for ${usual}`;
  problems.add(key, {
    value,
    allowed: `from ${least} to ${most}: a whole number with s, m, h or d`,
    fix:
      seconds === undefined
        ? `write it like ${example ?? most}`
        : `choose ${seconds < from ? least : most}, or ${without}`,
  });
}
