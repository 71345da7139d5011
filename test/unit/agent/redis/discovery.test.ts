import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { answersTo, type Members, Session } from "../../../../agent/redis/discovery";
import { DiscoveryServer } from "../../../../agent/redis/discovery-server";
import { membersFrom } from "../../../../agent/redis/members";
import { encodeRequest, ReplyError, RespReader, type Value } from "../../../../agent/redis/resp";
import type { Report } from "../../../../agent/core/types";
import { idle } from "../fixtures";

const SETTINGS = { names: ["cache", "mymaster"], port: 6379, askedOn: 26379, quorum: 2 };

const MEMBERS: Members = {
  primary: { ordinal: 1, address: "198.18.1.6" },
  replicas: [
    { ordinal: 0, address: "198.18.1.5" },
    { ordinal: 2, address: "198.18.1.7" },
  ],
  others: [
    { ordinal: 1, address: "198.18.1.6" },
    { ordinal: 2, address: "198.18.1.7" },
  ],
};

function ask(...request: string[]): unknown {
  return answersTo(new Session(), request, MEMBERS, SETTINGS)[0];
}

function field(answer: unknown, name: string): unknown {
  return new Map((answer as { pairs: [string, unknown][] }).pairs).get(name);
}

describe("where clients ask for the members", () => {
  it("answers by the database's name and by the usual one, and knows no other", () => {
    for (const name of SETTINGS.names) {
      assert.deepEqual(ask("SENTINEL", "get-master-addr-by-name", name), ["198.18.1.6", "6379"]);
    }
    assert.equal(ask("sentinel", "get-master-addr-by-name", "another"), null);
    assert.ok(ask("SENTINEL", "replicas", "another") instanceof ReplyError);
  });

  it("names nobody while no primary is known, so that clients ask again", () => {
    const { replicas, others } = MEMBERS;
    const [answer] = answersTo(
      new Session(),
      ["SENTINEL", "get-master-addr-by-name", "cache"],
      { replicas, others },
      SETTINGS,
    );
    assert.equal(answer, null);
  });

  it("lists replicas and those that can be asked as well", () => {
    const replicas = ask("SENTINEL", "slaves", "mymaster") as unknown[];
    assert.deepEqual(
      replicas.map((one) => field(one, "ip")),
      ["198.18.1.5", "198.18.1.7"],
    );
    const others = ask("SENTINEL", "sentinels", "mymaster") as unknown[];
    assert.deepEqual(
      others.map((one) => [field(one, "ip"), field(one, "port")]),
      [
        ["198.18.1.6", "26379"],
        ["198.18.1.7", "26379"],
      ],
    );
    assert.equal(field(ask("SENTINEL", "master", "cache"), "flags"), "master");
    const all = ask("SENTINEL", "masters") as unknown[];
    assert.deepEqual(
      all.map((one) => field(one, "name")),
      SETTINGS.names,
      "a client may look for its name there",
    );
  });

  it("changes nothing, and says so", () => {
    for (const command of ["failover", "reset", "remove", "monitor", "set"]) {
      const answer = ask("SENTINEL", command, "mymaster");
      assert.ok(answer instanceof ReplyError, command);
      assert.match(answer.message, /the members' agents elect/);
    }
    assert.ok(ask("SET", "a", "b") instanceof ReplyError);
  });

  it("takes a primary of the newest term for it, where two members say that they are", () => {
    const member = (ordinal: number, number: number): Report =>
      idle(ordinal, {
        member: "online",
        role: "primary",
        admitted: true,
        view: { number, members: [0, 1, 2], online: [0, 1, 2] },
      });
    assert.equal(membersFrom(2, [member(0, 4), member(1, 5)]).primary?.ordinal, 1);
  });
});

describe("the server that answers them", () => {
  let server: DiscoveryServer;
  let members = MEMBERS;
  const directory = mkdtempSync(join(tmpdir(), "discovery-"));
  const open: Socket[] = [];

  before((done) => {
    const file = (name: string): string => join(directory, name);
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
        ...["-keyout", file("key"), "-out", file("crt"), "-subj", "/CN=members", "-days", "2"],
      ],
      { stdio: "ignore" },
    );
    server = new DiscoveryServer({
      names: SETTINGS.names,
      askedOn: 26379,
      ports: { plain: 6379, tls: 6380 },
      members: () => members,
      quorum: () => 2,
      certificate: () =>
        Promise.resolve({ cert: readFileSync(file("crt"), "utf8"), key: readFileSync(file("key"), "utf8") }),
    });
    server.server.listen(0, "127.0.0.1", done);
  });

  after(() => {
    for (const socket of open) socket.destroy();
    server.server.close();
  });

  const port = (): number => (server.server.address() as AddressInfo).port;

  /** Sends requests, and gives what comes. */
  function talk(socket: Socket, ...requests: string[][]): { next: () => Promise<Value> } {
    open.push(socket);
    const reader = new RespReader({ bytes: 65_536, items: 64, depth: 4 });
    const values: Value[] = [];
    const waiting: ((value: Value) => void)[] = [];
    socket.on("data", (bytes: Buffer) => {
      for (const value of reader.read(bytes)) {
        const next = waiting.shift();
        if (next) next(value);
        else values.push(value);
      }
    });
    socket.write(requests.map(encodeRequest).join(""));
    return {
      next: () =>
        new Promise((resolve) => {
          const value = values.shift();
          if (value === undefined) waiting.push(resolve);
          else resolve(value);
        }),
    };
  }

  it("tells the port without TLS to who asks without, and that with TLS to who asks in it", async () => {
    const request = ["SENTINEL", "get-master-addr-by-name", "mymaster"];
    const plain = talk(connect(port(), "127.0.0.1"), request);
    assert.deepEqual(await plain.next(), ["198.18.1.6", "6379"]);
    const secured = talk(
      connectTls({
        port: port(),
        host: "127.0.0.1",
        ca: readFileSync(join(directory, "crt")),
        checkServerIdentity: () => undefined,
      }),
      request,
    );
    assert.deepEqual(await secured.next(), ["198.18.1.6", "6380"]);
  });

  it("tells those who asked for it when the primary is another one", async () => {
    server.look();
    const subscriber = talk(connect(port(), "127.0.0.1"), ["SUBSCRIBE", "+switch-master"]);
    assert.deepEqual(await subscriber.next(), ["subscribe", "+switch-master", 1]);
    members = { ...MEMBERS, primary: { ordinal: 2, address: "198.18.1.7" } };
    server.look();
    assert.deepEqual(await subscriber.next(), [
      "message",
      "+switch-master",
      "cache 198.18.1.6 6379 198.18.1.7 6379",
    ]);
    members = MEMBERS;
    server.look();
  });

  it("ends a connection on which something else is spoken, with a word", async () => {
    const socket = connect(port(), "127.0.0.1");
    open.push(socket);
    const text = new Promise<string>((resolve) => {
      socket.once("data", (bytes) => {
        resolve(String(bytes));
      });
    });
    socket.write("GET / HTTP/1.1\r\n\r\n");
    assert.match(await text, /^-ERR /);
  });
});
