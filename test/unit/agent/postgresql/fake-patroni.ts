import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Clock } from "../../../../agent/core/clock";
import { Credentials } from "../../../../agent/core/credentials";
import { SharedSecret } from "../../../../agent/core/shared-secret";
import { RestIdentity } from "../../../../agent/postgresql/rest-identity";

/** By what the member `orders-1` is known, of the files in `control` and `credentials` of a folder. */
export async function identityIn(folder: string, clock: Clock): Promise<RestIdentity> {
  const credentials = new Credentials(join(folder, "credentials"));
  const identity = new RestIdentity({
    directory: join(folder, "control"),
    set: "shop/orders",
    member: "orders-1",
    address: "127.0.0.1",
    secret: new SharedSecret(() => credentials.read("rest-password"), clock),
  });
  await identity.refresh();
  return identity;
}

/** Lets nobody in without a certificate, as Patroni does with its settings; loads its own when it is told to. */
export class FakePatroni {
  requests: string[] = [];
  /** Whether it does what it is told. */
  loads = true;
  /** What a change must be authenticated with. @default anything */
  password: string | undefined;
  private readonly server: Server;

  /** @param answer - what is said to a request; one that changes something has its password. */
  constructor(
    private readonly identity: RestIdentity,
    answer: RequestListener,
  ) {
    this.server = createServer(
      { ...this.files(), requestCert: true, rejectUnauthorized: true },
      (incoming, outgoing) => {
        this.requests.push(`${incoming.method ?? ""} ${incoming.url ?? ""}`);
        if (incoming.method !== "GET" && !this.isAuthentic(incoming.headers.authorization)) {
          outgoing.writeHead(401).end("no auth");
          return;
        }
        if (incoming.url === "/reload" && this.loads) this.server.setSecureContext(this.files());
        answer(incoming, outgoing);
      },
    );
  }

  /** @returns its port. */
  async listen(): Promise<number> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return (this.server.address() as AddressInfo).port;
  }

  private isAuthentic(header: string | undefined): boolean {
    const given = Buffer.from(header?.split(" ")[1] ?? "", "base64").toString();
    return header !== undefined && (this.password === undefined || given === `stateful:${this.password}`);
  }

  close(): void {
    this.server.close();
  }

  private files(): { cert: string; key: string; ca: string } {
    const { member, authorities } = this.identity.paths;
    const cert = readFileSync(member, "utf8");
    return { cert, key: cert, ca: readFileSync(authorities, "utf8") };
  }
}
