/** An image by its tag, and by its digest where it has one. */
export interface Reference {
  /** `docker.io`, or another registry with its port. */
  registry: string;
  /** `library/busybox`. */
  repository: string;
  tag: string;
  /** `sha256:…` */
  digest?: string;
}

const QUOTED =
  /"([a-z0-9.-]+(?:\.[a-z]+|:\d+)(?::\d+)?)\/([a-z0-9._/-]+):([\w.-]+)(?:@(sha256:[0-9a-f]{64}))?"/g;

/** The images that a source file names as texts. */
export function referencesIn(source: string): Reference[] {
  return [...source.matchAll(QUOTED)].map(([, registry = "", repository = "", tag = "", digest]) => ({
    registry,
    repository,
    tag,
    ...(digest === undefined ? {} : { digest }),
  }));
}

/** The reference without its digest. */
export function nameOf({ registry, repository, tag }: Reference): string {
  return `${registry}/${repository}:${tag}`;
}

/** The source with these digests behind their images, by the images' names. Nothing else changes. */
export function withDigests(source: string, digests: ReadonlyMap<string, string>): string {
  return source.replace(QUOTED, (text, registry: string, repository: string, tag: string) => {
    const name = nameOf({ registry, repository, tag });
    const digest = digests.get(name);
    return digest === undefined ? text : `"${name}@${digest}"`;
  });
}
