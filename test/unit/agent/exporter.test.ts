import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Credentials } from "../../../agent/core/credentials";
import { ExporterLogin } from "../../../agent/core/exporter";
import { Notices } from "../../../agent/core/notices";
import { passfileLine } from "../../../agent/postgresql/exporter";
import { listen } from "./listen";

describe("agent: the exporter's password", () => {
  let folder: string;
  let notices: Notices;
  let now: number;
  /** What the server accepts. */
  let accepted: string | Error;
  let asked: string[];
  let tries: number;
  let exporter: Server | undefined;

  const secret = (value: string): void => {
    writeFileSync(join(folder, "exporter-password"), value);
  };
  const given = (): string => readFileSync(join(folder, "login"), "utf8");
  const login = (port: number, reload?: string): ExporterLogin =>
    new ExporterLogin({
      credentials: new Credentials(folder),
      notices,
      clock: () => now,
      letsIn: async (password) => {
        tries++;
        if (accepted instanceof Error) throw accepted;
        return password === accepted;
      },
      file: { name: "login", content: (password) => `by ${password}` },
      port,
      directory: folder,
      ...(reload === undefined ? {} : { reload }),
    });
  const start = async (): Promise<number> => {
    exporter = createServer((request, response) => {
      asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
      response.end("ok");
    });
    return listen(exporter);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "exporter-"));
    notices = new Notices();
    now = 0;
    accepted = "one";
    asked = [];
    tries = 0;
  });
  afterEach(() => {
    exporter?.closeAllConnections();
    exporter?.close();
    exporter = undefined;
    rmSync(folder, { recursive: true });
  });

  it("is nothing in a pod without one", async () => {
    await login(await start()).look();
    assert.deepEqual([tries, asked, notices.list()], [0, [], []]);
  });

  it("is handed over when the server accepts it, for nobody else to read, and not before", async () => {
    const of = login(await start());
    secret("two\n");
    await of.look();
    assert.ok(!existsSync(join(folder, "login")));
    accepted = "two";
    await of.look();
    assert.ok(!existsSync(join(folder, "login")), "a server may write each attempt into its log");
    now = 2_000;
    await of.look();
    assert.equal(given(), "by two");
    assert.equal(statSync(join(folder, "login")).mode & 0o777, 0o600);
    now = 60_000;
    await of.look();
    assert.equal(tries, 2, "once it is in force nobody logs in for it");
  });

  it("stays the one before while the next is not in force", async () => {
    const of = login(await start());
    secret("one");
    await of.look();
    secret("two");
    now = 10_000;
    await of.look();
    assert.equal(given(), "by one");
    accepted = "two";
    now = 12_000;
    await of.look();
    assert.equal(given(), "by two");
  });

  it("is read again by one that has to be told, also if it was away just then", async () => {
    const port = await start();
    exporter?.close();
    const of = login(port, "/-/reload");
    secret("one");
    await of.look();
    assert.equal(given(), "by one");
    exporter = createServer((request, response) => {
      asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
      response.end("ok");
    });
    await new Promise<void>((done) => exporter?.listen(port, "127.0.0.1", done));
    now = 1_000;
    await of.look();
    assert.deepEqual(asked, ["POST /-/reload"]);
    now = 2_000;
    await of.look();
    assert.deepEqual(asked, ["POST /-/reload"], "once is enough");
  });

  it("that is refused for long is told, and no failure reaches who asked", async () => {
    const of = login(await start());
    secret("two");
    for (now = 0; now < 290_000; now += 10_000) await of.look();
    assert.deepEqual(notices.list(), []);
    for (; now <= 310_000; now += 10_000) await of.look();
    const [notice] = notices.list();
    assert.equal(notice?.severity, "notice");
    assert.match(notice.text, /no password that the server accepts/);
    assert.doesNotMatch(JSON.stringify(notices.list()), /two/);
    const before = tries;
    for (let more = 0; more < 12; more++, now += 10_000) await of.look();
    assert.equal(tries - before, 2, "a server may write each attempt into its log");
    accepted = new Error("the server is away");
    now += 60_000;
    await of.look();
    accepted = "two";
    now += 60_000;
    await of.look();
    assert.deepEqual(notices.list(), []);
  });

  it("is no use to an exporter that does not answer, which is told with what to do", async () => {
    const port = await start();
    const of = login(port);
    secret("one");
    await of.look();
    assert.deepEqual(asked, ["GET /"], "its figures would be asked of the server");
    exporter?.closeAllConnections();
    exporter?.close();
    for (; now <= 340_000; now += 20_000) await of.look();
    const [notice] = notices.list();
    assert.match(notice?.text ?? "", new RegExp(`does not answer on port ${port}`));
    assert.match(notice?.advice ?? "", /log of the pod's container exporter/);
  });

  it("waits for nobody, and nobody for it", async () => {
    let open: (() => void) | undefined;
    exporter = createServer(() => undefined);
    const port = await listen(exporter);
    accepted = "one";
    secret("one");
    const of = login(port);
    of.attend();
    of.attend();
    await new Promise<void>((done) => {
      open = done;
      setTimeout(open, 100);
    });
    assert.equal(tries, 1, "one look at a time");
  });

  it("may have what separates the fields of its file", () => {
    assert.equal(passfileLine("a:b\\c"), "127.0.0.1:5432:postgres:stateful_exporter:a\\:b\\\\c\n");
  });
});
