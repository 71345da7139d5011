import type { z } from "zod";
import { checkSecretName } from "../components/common/checks";
import { DEFAULT_IMAGES } from "../components/common/images";
import { isDnsSubdomain, isImageReference } from "../components/common/names";
import type { Problems } from "../components/common/problems";
import type { ResolvedArgs } from "../components/database/engine";
import { type EngineName, engineOf } from "./engines";
import type { scalarSchemas } from "./schema/stack";
import type { BareMetalStorage, DatabaseConfig } from "./types";

/** Where a stack's images come from, those that are not named. */
export type StackImages = z.infer<typeof scalarSchemas.images>;

/** Where a registry has what another one has: by the same path, the other's host left away. */
export function mirrored(image: string, registry: string | undefined): string {
  if (registry === undefined) return image;
  const [, path = image] = /^(?:[^/]*[.:][^/]*|localhost)\/(.+)$/.exec(image) ?? [];
  return `${registry}/${path}`;
}

/** The stack's pull secrets. One that cannot be is told once, and not for each that would be pulled with it. */
export function pullSecretsOf({ pullSecrets = [] }: StackImages): string[] | undefined {
  const usable = pullSecrets.filter((name) => isDnsSubdomain(name));
  return usable.length === 0 ? undefined : usable;
}

/** A part of a database that has an image of its own. */
interface Part {
  image?: unknown;
}

/** The part of this name; of which kinds there are, the engines alone know. */
function partOf(args: object, name: string): Part | undefined {
  const part: unknown = Object.entries(args).find(([key]) => key === name)?.[1];
  return typeof part === "object" && part !== null ? part : undefined;
}

/**
 * A database whose images come from the stack's registry, but for those that its own arguments name.
 *
 * @param given - its arguments, before defaults were filled in
 */
export function fromRegistry(
  engine: EngineName,
  resolved: ResolvedArgs,
  given: Readonly<Record<string, unknown>>,
  images: StackImages,
): ResolvedArgs {
  const { registry } = images;
  const pullSecrets = pullSecretsOf(images);
  const secrets =
    pullSecrets && given["imagePullSecrets"] === undefined ? { imagePullSecrets: pullSecrets } : {};
  if (registry === undefined) return { ...resolved, ...secrets };
  const { image, backup, monitoring } = resolved;
  const { exporter } = engineOf(engine);
  const chosen = monitoring?.exporter;
  const parts = Object.keys(engineOf(engine).images ?? {}).flatMap((key) => {
    const part = partOf(resolved, key);
    return part === undefined || partOf(given, key)?.image !== undefined || typeof part.image !== "string"
      ? []
      : [[key, { ...part, image: mirrored(part.image, registry) }] as const];
  });
  return {
    ...resolved,
    ...secrets,
    ...(given["image"] === undefined && typeof image === "string"
      ? { image: mirrored(image, registry) }
      : {}),
    agentImage: resolved.agentImage ?? mirrored(DEFAULT_IMAGES.agent, registry),
    ...(backup
      ? { backup: { ...backup, image: backup.image ?? mirrored(DEFAULT_IMAGES.restic, registry) } }
      : {}),
    ...(exporter && chosen && chosen.image === undefined
      ? { monitoring: { ...monitoring, exporter: { ...chosen, image: mirrored(exporter.image, registry) } } }
      : {}),
    ...Object.fromEntries(parts),
  };
}

/** Storage on bare metal whose pods' image comes from there, too. */
export function storageFromRegistry(storage: BareMetalStorage, images: StackImages): BareMetalStorage {
  if (storage.path === undefined) return storage;
  const { registry } = images;
  const pullSecrets = pullSecretsOf(images);
  return {
    ...storage,
    ...(registry === undefined
      ? {}
      : { nodeStorageImage: storage.nodeStorageImage ?? mirrored(DEFAULT_IMAGES.nodeStorage, registry) }),
    ...(pullSecrets === undefined
      ? {}
      : { nodeStoragePullSecrets: storage.nodeStoragePullSecrets ?? pullSecrets }),
  };
}

/** Checks where images come from. */
export function checkImages(
  { registry, pullSecrets }: StackImages,
  databases: readonly DatabaseConfig[],
  { own, at }: { own: Problems; at: (database: string) => Problems },
): void {
  pullSecrets?.forEach((secret, index) => {
    checkSecretName(`pullSecrets[${index}]`, secret, own);
  });
  if (registry === undefined) return;
  if (!isImageReference(`${registry}/image`) || !/^[^/]*[.:][^/]*(\/|$)|^localhost(\/|$)/.test(registry)) {
    own.add("registry", {
      value: registry,
      allowed: "host[:port][/path], without https:// and without a slash at its end",
      fix: "write it as images of it are named: registry.example.com:5000/mirror",
    });
  }
  for (const { name, engine, args } of databases) {
    if (args.image !== undefined) continue;
    at(name).add("image", {
      allowed: `a name, where stateful:images.registry is given: ${engine} does not say which image it has by default`,
      fix: "name the image",
    });
  }
}
