import type * as pulumi from "@pulumi/pulumi";
import { checkChoice, checkKeys, checkLabels } from "../common/checks";
import { isCidr, isDnsLabel } from "../common/names";
import { isKnown } from "../common/outputs";
import type { Problems } from "../common/problems";
import { type ClientArgs, type ExposureArgs, ExposureType } from "./args";

/** Checks how something is reached from outside the cluster. */
export function checkExposure(exposure: ExposureArgs | undefined, problems: Problems): void {
  if (exposure === undefined) return;
  const type = exposure.type ?? ExposureType.None;
  checkChoice("type", type, Object.values(ExposureType), problems);
  exposure.sourceRanges?.forEach((range, index) => {
    checkCidr(`sourceRanges[${index}]`, range, problems);
  });
  if (type !== ExposureType.None && !exposure.sourceRanges?.length) {
    problems.add("sourceRanges", {
      value: exposure.sourceRanges,
      allowed: "at least one block of addresses where a database is exposed",
      fix: 'name who may connect, for instance ["203.0.113.0/24"]; ["0.0.0.0/0"] if it really is everybody',
    });
  }
  checkKeys("annotations", exposure.annotations, problems);
  const { nodePort } = exposure;
  if (nodePort === undefined) return;
  if (type !== ExposureType.NodePort) {
    problems.add("nodePort", {
      value: nodePort,
      allowed: "only with type nodePort",
      fix: "remove it, or set type: nodePort",
    });
  } else if (!Number.isInteger(nodePort) || nodePort < 30000 || nodePort > 32767) {
    problems.add("nodePort", {
      value: nodePort,
      allowed: "a whole number from 30000 to 32767",
      fix: "choose a number in that range, or leave it out and the cluster chooses",
    });
  }
}

function checkCidr(key: string, value: pulumi.Input<string>, problems: Problems): void {
  if (!isKnown(value) || isCidr(value)) return;
  problems.add(key, {
    value,
    allowed: "a block of addresses such as 10.0.0.0/8 or 2001:db8::/32",
    fix: "add the length of the prefix; a single address is a /32",
  });
}

/** Checks that a client is named in one way. */
export function checkClient({ podLabels, namespace, cidr }: ClientArgs, problems: Problems): void {
  if (cidr !== undefined) checkCidr("cidr", cidr, problems);
  checkLabels("podLabels", podLabels, problems);
  if (isKnown(namespace) && !isDnsLabel(namespace)) {
    problems.add("namespace", {
      value: namespace,
      allowed: "the name of a namespace: at most 63 lower-case letters, digits and '-'",
      fix: "correct the name",
    });
  }
  const count = [podLabels, namespace].filter((field) => field !== undefined).length;
  if (cidr === undefined ? count === 0 : count > 0) {
    problems.add("", {
      value: { podLabels, namespace, cidr },
      allowed: "podLabels, namespace or both; or cidr alone",
      fix: "name the client by one of these",
    });
  }
}
