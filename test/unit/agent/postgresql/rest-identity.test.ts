import * as assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SharedSecret } from "../../../../agent/core/shared-secret";
import { PatroniApi } from "../../../../agent/postgresql/rest";
import { RestIdentity, type RestFiles } from "../../../../agent/postgresql/rest-identity";

describe("by what members know each other's Patroni", () => {
  let folder: string;
  let time: number;
  const servers: Server[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "identity-"));
    time = 0;
  });
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
    rmSync(folder, { recursive: true });
  });

  function identity(
    member: string,
    secret: () => string,
    change: { set?: string; address?: string } = {},
  ): RestIdentity {
    const { set = "shop/orders", address = "127.0.0.1" } = change;
    return new RestIdentity({
      directory: join(folder, member),
      set,
      member,
      address,
      secret: new SharedSecret(
        async () => secret(),
        () => time,
      ),
    });
  }

  const filesOf = (one: RestIdentity): RestFiles => {
    const [files] = one.files();
    assert.ok(files);
    return files;
  };

  /** A Patroni that has loaded a member's files. @returns whether another one gets an answer from it. */
  async function patroni(of: RestIdentity): Promise<(by: Pick<RestIdentity, "files">) => Promise<boolean>> {
    const { member: cert, authorities: ca } = filesOf(of);
    const server = createServer(
      { cert, key: cert, ca, requestCert: true, rejectUnauthorized: true },
      (_, response) => {
        response.end("{}");
      },
    );
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    return async (by) =>
      await new PatroniApi("127.0.0.1", by, async () => ["x"], port).read("/cluster").then(
        () => true,
        () => false,
      );
  }

  it("a certificate for the pod's address, for both directions, without a date, from an authority that signs nothing else", async () => {
    for (const [address, shown] of [
      ["10.1.2.3", "IP Address:10.1.2.3"],
      ["fd00::7", "IP Address:FD00:0:0:0:0:0:0:7"],
    ] as const) {
      const one = identity(`orders-${address.length}`, () => "secret", { address });
      await one.refresh();
      const { member, authorities } = filesOf(one);
      const [certificate, authority] = [new X509Certificate(member), new X509Certificate(authorities)];
      assert.equal(certificate.subjectAltName, shown);
      assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
      assert.ok(certificate.checkIssued(authority) && certificate.verify(authority.publicKey));
      assert.equal(certificate.ca, false);
      assert.equal(authority.ca, true);
      assert.deepEqual(
        [certificate.validFrom, authority.validTo],
        ["Jan  1 00:00:00 2000 GMT", "Dec 31 23:59:59 9999 GMT"],
      );
      assert.equal(readFileSync(one.paths.member, "utf8"), member);
      assert.equal(statSync(one.paths.member).mode & 0o777, 0o600, "it holds a private key");
    }
  });

  it("all members derive the same authority, and no two certificates are the same", async () => {
    const [first, second] = [identity("orders-0", () => "secret"), identity("orders-1", () => "secret")];
    await first.refresh();
    await second.refresh();
    const key = (pem: string): string =>
      new X509Certificate(pem).publicKey.export({ type: "spki", format: "pem" }).toString();
    assert.equal(key(filesOf(first).authorities), key(filesOf(second).authorities));
    assert.notEqual(key(filesOf(first).member), key(filesOf(second).member));
    assert.ok(await (await patroni(first))(second));
    assert.equal(await second.refresh(), false);
  });

  it("nobody else is let in, also to read: no stranger, no other database, no other password", async () => {
    const mine = identity("orders-0", () => "secret");
    await mine.refresh();
    const asks = await patroni(mine);
    const other = identity("billing-0", () => "secret", { set: "shop/billing" });
    const guess = identity("orders-9", () => "guess");
    await other.refresh();
    await guess.refresh();
    assert.ok(await asks(mine));
    const { authorities } = filesOf(mine);
    for (const one of [other, guess]) {
      assert.equal(await asks(one), false);
      assert.equal(
        await asks({ files: () => [{ ...filesOf(one), authorities }] }),
        false,
        "that believes it",
      );
    }
    // Nor is anybody believed in its place.
    assert.equal(await (await patroni(guess))(mine), false);
    const elsewhere = identity("orders-1", () => "secret", { address: "127.0.0.2" });
    await elsewhere.refresh();
    assert.equal(await (await patroni(elsewhere))(mine), false, "at another member's address");
  });

  it("a changed password comes to one member after the other, and each knows the others all the time", async () => {
    const secrets = ["old", "old"];
    const members = [0, 1].map((n) => identity(`orders-${n}`, () => secrets[n] ?? ""));
    const check = async (when: string): Promise<void> => {
      for (const one of members) await one.refresh();
      for (const [from, to] of [
        [0, 1],
        [1, 0],
      ] as const) {
        assert.ok(await (await patroni(members[to]!))(members[from]!), `${when}: ${from} asks ${to}`);
      }
    };
    await check("before");
    secrets[0] = "new";
    await check("one has it");
    time = 95_000;
    secrets[1] = "new";
    await check("both have it");
    for (time of [119_000, 121_000, 214_000, 216_000, 299_000, 301_000, 396_000, 900_000])
      await check(`${time} ms`);
    const former = identity("orders-8", () => "old");
    await former.refresh();
    assert.equal(await (await patroni(members[0]!))(former), false, "what the former password gave is void");
  });

  it("an agent that starts again goes on with what the Patroni beside it has loaded", async () => {
    const before = identity("orders-0", () => "old");
    await before.refresh();
    const asks = await patroni(before);
    const after = identity("orders-0", () => "new");
    assert.equal(await after.refresh(), true, "Patroni has to load it");
    assert.equal(after.files().length, 2);
    assert.ok(await asks(after));
  });
});
