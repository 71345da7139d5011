import * as assert from "node:assert/strict";
import { Denied, LocalServer, type OpenSession, Unreachable } from "../../../../agent/cassandra/client";
import type { Login } from "../../../../agent/core/types";

const PLACE = {
  host: "127.0.0.1",
  port: 9042,
  datacenter: "dc1",
  authority: async () => Promise.resolve(""),
};

describe("cassandra: the agent's own login", () => {
  let inForce: string;
  let inSecret: string;
  let tried: string[];
  let closed: number;
  let broken: Error | undefined;
  let server: LocalServer;

  beforeEach(() => {
    [inForce, inSecret, tried, closed, broken] = ["first", "first", [], 0, undefined];
    const connect = async (_: unknown, { password }: Login): Promise<OpenSession> => {
      tried.push(password);
      if (password !== inForce) throw new Denied("wrong");
      return Promise.resolve({
        run: async () => (broken ? Promise.reject(broken) : Promise.resolve([{ password }])),
        close: async () => {
          closed++;
          return Promise.resolve();
        },
      });
    };
    const login = async (): Promise<Login> => Promise.resolve({ user: "agent", password: inSecret });
    server = new LocalServer(PLACE, login, connect);
  });

  const answer = async (): Promise<unknown> => (await server.run("SELECT"))[0]?.["password"];

  it("is opened once, by as many as ask at once", async () => {
    await Promise.all([answer(), answer(), answer()]);
    await answer();
    assert.deepEqual(tried, ["first"]);
  });

  it("goes on with the password that let it in last, until the new one does", async () => {
    await answer();
    await server.close();
    inSecret = "second";
    assert.equal(await answer(), "first");
    await server.close();
    inForce = "second";
    assert.equal(await answer(), "second");
    assert.deepEqual(tried, ["first", "second", "first", "second"]);
  });

  it("is denied where neither lets it in, and where there was none before", async () => {
    inForce = "foreign";
    await assert.rejects(answer(), Denied);
    assert.deepEqual(tried, ["first"]);
    inForce = "first";
    await answer();
    await server.close();
    [inForce, inSecret] = ["foreign", "second"];
    await assert.rejects(answer(), Denied);
    assert.deepEqual(tried.slice(2), ["second", "first"]);
  });

  it("is opened anew after the server was away, and not after what it refused", async () => {
    await answer();
    broken = new Error("no such table");
    await assert.rejects(answer(), /no such table/);
    assert.equal(closed, 0);
    broken = new Unreachable("connection refused");
    await assert.rejects(answer(), Unreachable);
    assert.equal(closed, 1);
    broken = undefined;
    assert.equal(await answer(), "first");
    assert.deepEqual(tried, ["first", "first"]);
  });
});
