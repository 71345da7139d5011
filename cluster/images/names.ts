/**
 * Names of the test bed's images. The domain is reserved for tests, so that no machine ever looks for them in a
 * registry.
 */
const domain = "stateful.test";

export function imageName(name: string, tag: string): string {
  return `${domain}/${name}:${tag}`;
}

/** First process of each pod. */
export const pauseImage = imageName("pause", "1");
