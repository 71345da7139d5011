import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, sep } from "node:path";

/** Serves the built site as any host of files would, to this machine alone. */

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".yaml": "text/plain; charset=utf-8",
};

/** A server that answers. */
export interface Served {
  /** Its address, without a slash at the end. */
  url: string;
  end: () => Promise<void>;
}

/** Serves a folder. @param port where; a free one if it is 0 */
export async function serve(folder: string, port = 0): Promise<Served> {
  const server = createServer((request, response) => {
    const file = fileOf(folder, request.url ?? "/");
    const found = file ?? join(folder, "404.html");
    response.writeHead(file === undefined ? 404 : 200, {
      "content-type": TYPES[extname(found)] ?? "application/octet-stream",
    });
    response.end(readFileSync(found));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    end: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The file that an address means; `undefined` where there is none in the folder. */
export function fileOf(folder: string, address: string): string | undefined {
  const path = decodeURIComponent(new URL(address, "http://127.0.0.1").pathname);
  const file = normalize(join(folder, path.endsWith("/") ? `${path}index.html` : path));
  if (!file.startsWith(folder + sep)) return undefined;
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true ? file : undefined;
}
