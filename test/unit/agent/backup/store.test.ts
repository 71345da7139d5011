import * as assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeySource } from "../../../../agent/backup/store/credentials";
import { DirectoryStore } from "../../../../agent/backup/store/directory";
import { openStore } from "../../../../agent/backup/store/open";
import { S3Store } from "../../../../agent/backup/store/s3";
import { Away, Exists, NotThere, Refused, type Store } from "../../../../agent/backup/store/store";
import { FakeS3, refuse } from "./fake-s3";

const KEYS: KeySource = async () => ({ accessKeyId: "AKEXAMPLE", secretAccessKey: "secret/example+key" });
const text = (content: string): Buffer => Buffer.from(content);

function behavesLikeAStore(open: () => Store): void {
  it("keeps what it is given, and gives it back", async () => {
    const store = open();
    await store.put("shop/orders/a", text("one"));
    assert.equal((await store.get("shop/orders/a")).toString(), "one");
    await store.put("empty", Buffer.alloc(0));
    assert.equal((await store.get("empty")).length, 0);
  });

  it("never writes over an object", async () => {
    const store = open();
    await store.put("shop/a", text("one"));
    await assert.rejects(store.put("shop/a", text("two")), Exists);
    assert.equal((await store.get("shop/a")).toString(), "one");
  });

  it("tells one that is not there from a store that is away", async () => {
    await assert.rejects(open().get("shop/nothing"), NotThere);
  });

  it("lists everything below a folder, in order, and what comes after a name", async () => {
    const store = open();
    const names = ["a/10", "a/2", "a/b/c", "a/b/d", "a/z", "ab/1"];
    for (const name of names) await store.put(name, text(name));
    const all = ["a/10", "a/2", "a/b/c", "a/b/d", "a/z"];
    const found = await store.list("a");
    assert.ok(found.every(({ modified = 0 }) => Math.abs(modified - Date.now()) < 60_000));
    assert.deepEqual(
      found.map(({ name, size }) => ({ name, size })),
      all.map((name) => ({ name, size: name.length })),
    );
    assert.deepEqual(
      (await store.list("a", "a/b/c")).map(({ name }) => name),
      ["a/b/d", "a/z"],
    );
    assert.deepEqual(await store.list("nothing"), []);
  });

  it("says what time it is by its own clock, and keeps nothing of that", async () => {
    const store = open();
    assert.ok(Math.abs((await store.time("a")) - Date.now()) < 60_000);
    assert.deepEqual(await store.list("a"), []);
  });

  it("lists the folders of a folder", async () => {
    const store = open();
    for (const name of ["a/1/x", "a/2/x", "a/3/x/y", "a/4/x", "a/5/x", "a/file"])
      await store.put(name, text(name));
    assert.deepEqual(await store.folders("a"), ["1", "2", "3", "4", "5"]);
    assert.deepEqual(await store.folders("nothing"), []);
  });

  it("removes an object, and takes one that is gone for removed", async () => {
    const store = open();
    await store.put("a/1", text("one"));
    await store.delete("a/1");
    await store.delete("a/1");
    await assert.rejects(store.get("a/1"), NotThere);
  });

  it("takes no name that leads elsewhere", async () => {
    for (const name of ["../a", "a/../../b", "/a", "a/", "", "a//b", "a/.", "a b", "a+b", "a\0b"]) {
      await assert.rejects(open().put(name, text("x")), /not a name/, name);
    }
  });
}

describe("backup: a bucket", () => {
  const s3 = new FakeS3();
  const open = (
    options: {
      keys?: KeySource;
      prefix?: string;
      bucket?: string;
      region?: string;
      ca?: string;
      limit?: number;
    } = {},
  ) => {
    const {
      keys = KEYS,
      prefix = "prod/eu",
      bucket = "backups",
      region = "eu-test-1",
      limit = 2_000,
    } = options;
    const ca = options.ca ?? s3.ca;
    return new S3Store({
      destination: { bucket, region, prefix, endpoint: s3.endpoint },
      keys,
      ca: async () => ca,
      limit,
    });
  };

  before(() => s3.start());
  after(() => {
    s3.stop();
  });
  beforeEach(() => {
    s3.objects.clear();
    s3.asked.length = 0;
    s3.fault = undefined;
    s3.conditions = "known";
  });

  behavesLikeAStore(open);

  it("puts its prefix before every name, and can do without", async () => {
    await open().put("a", text("1"));
    await open({ prefix: "" }).put("a", text("2"));
    assert.deepEqual([...s3.objects.keys()].sort(), ["a", "prod/eu/a"]);
  });

  it("goes by names alone where the store knows no conditions", async () => {
    s3.conditions = "unknown";
    const store = open();
    await store.put("a", text("1"));
    await store.put("b", text("2"));
    assert.deepEqual(s3.asked, ["PUT prod/eu/a", "PUT prod/eu/a", "PUT prod/eu/b"]);
  });

  it("asks once: who asked decides what is tried again", async () => {
    let times = 0;
    s3.fault = (_, response) => {
      times++;
      refuse(response, 503, "SlowDown", "Please reduce your request rate.");
      return true;
    };
    await assert.rejects(open().put("a", text("1")), (error: Error) => {
      assert.ok(error instanceof Away);
      assert.match(error.message, /503 SlowDown/);
      return true;
    });
    assert.equal(times, 1);
  });

  it("takes no page of HTML for a write, a read or a list", async () => {
    s3.fault = (_, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<html>please log in</html>");
      return true;
    };
    for (const ask of [open().put("a", text("1")), open().get("a"), open().list("a"), open().folders("a")]) {
      await assert.rejects(
        ask,
        (error: Error) => error instanceof Away && /not answer like an S3/.test(error.message),
      );
    }
  });

  it("takes no half of a list, of an object or of an answer for the whole", async () => {
    s3.fault = (request, response) => {
      const body = "<ListBucketResult><IsTruncated>false</IsTruncated>";
      if (request.url!.includes("list-type")) response.writeHead(200, { etag: '"x"' }).end(body);
      else {
        response.writeHead(200, { "content-length": "100", etag: '"x"' });
        response.write("half");
        setTimeout(() => response.destroy(), 20);
      }
      return true;
    };
    await assert.rejects(open().list("a"), Away);
    await assert.rejects(open().get("a"), Away);
  });

  it("does not turn in circles when a store hands out the same page for ever", async () => {
    s3.fault = (_, response) => {
      response
        .writeHead(200)
        .end(
          "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>",
        );
      return true;
    };
    await assert.rejects(open().list("a"), Away);
  });

  it("takes no object of another prefix out of a list", async () => {
    s3.fault = (_, response) => {
      response
        .writeHead(200)
        .end(
          "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>other/a</Key><Size>1</Size></Contents></ListBucketResult>",
        );
      return true;
    };
    await assert.rejects(open().list("a"), Away);
  });

  it("waits no longer than its limit, for an answer that never comes or never ends", async () => {
    for (const begin of [false, true]) {
      s3.fault = (_, response) => {
        if (begin) {
          response.writeHead(200, { etag: '"x"' });
          const drip = setInterval(() => response.write("."), 20);
          response.on("close", () => {
            clearInterval(drip);
          });
        }
        return true;
      };
      const began = performance.now();
      await assert.rejects(open({ limit: 200 }).get("a"), Away);
      assert.ok(performance.now() - began < 1_500);
    }
  });

  it("is away when nobody listens", async () => {
    const store = new S3Store({
      destination: { bucket: "backups", region: "r", prefix: "", endpoint: "https://127.0.0.1:1" },
      keys: KEYS,
      limit: 1_000,
    });
    await assert.rejects(store.get("a"), Away);
  });

  const refusals: [string, () => Promise<unknown>, RegExp][] = [
    [
      "an account that is not there",
      () =>
        open({ keys: async () => ({ accessKeyId: "AKOTHER", secretAccessKey: "x" }) }).put("a", text("1")),
      /403 InvalidAccessKeyId/,
    ],
    [
      "the same, where it is said as of an object",
      () => {
        s3.stranger = [404, "XAdminUserNotFound"];
        return open({ keys: async () => ({ accessKeyId: "AKOTHER", secretAccessKey: "x" }) }).get("a");
      },
      /404 XAdminUserNotFound/,
    ],
    [
      "the same, where something is deleted",
      () => open({ keys: async () => ({ accessKeyId: "AKOTHER", secretAccessKey: "x" }) }).delete("a"),
      /404 XAdminUserNotFound/,
    ],
    [
      "a wrong key",
      () => open({ keys: async () => ({ accessKeyId: "AKEXAMPLE", secretAccessKey: "x" }) }).get("a"),
      /403 SignatureDoesNotMatch/,
    ],
    ["a bucket that is not there", () => open({ bucket: "other" }).put("a", text("1")), /no bucket other/],
    ["the same, for a list", () => open({ bucket: "other" }).list("a"), /no bucket other/],
    [
      "another region",
      () => open({ region: "eu-test-2" }).put("a", text("1")),
      /AuthorizationHeaderMalformed/,
    ],
  ];
  for (const [what, ask, words] of refusals) {
    it(`names ${what}, and repeats no secret`, async () => {
      await assert.rejects(ask(), (error: Error) => {
        assert.ok(error instanceof Refused, error.message);
        assert.match(error.message, words);
        assert.ok(error.advice !== undefined && error.advice !== "");
        assert.ok(!error.message.includes("secret/example+key"));
        return true;
      });
    });
  }

  it("names a certificate that is not believed", async () => {
    const other = new FakeS3();
    await other.start();
    try {
      await assert.rejects(open({ ca: other.ca }).get("a"), (error: Error) => {
        assert.ok(error instanceof Refused);
        assert.match(error.message, /certificate of 127\.0\.0\.1:\d+ is not believed/);
        return true;
      });
    } finally {
      other.stop();
    }
  });

  it("names a clock that is off as the cause", async () => {
    s3.fault = (_, response) => {
      response.setHeader("date", new Date(Date.now() + 20 * 60_000).toUTCString());
      refuse(response, 403, "RequestTimeTooSkewed", "The difference between the request time");
      return true;
    };
    await assert.rejects(open().get("a"), (error: Error) => {
      assert.ok(error instanceof Refused);
      assert.match(error.message, /this node's clock is 20 min behind/);
      assert.match(error.advice!, /NTP/);
      return true;
    });
  });

  it("signs with keys that end, and their token", async () => {
    s3.accounts.set("ASTEMP", "temporary");
    const keys: KeySource = async () => ({
      accessKeyId: "ASTEMP",
      secretAccessKey: "temporary",
      sessionToken: "token+of/it=",
    });
    await open({ keys }).put("a", text("1"));
    assert.equal(s3.objects.size, 1);
  });
});

describe("backup: a volume", () => {
  let folder = "";
  const open = () => new DirectoryStore({ path: folder, prefix: "prod" });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "stateful-store-"));
  });
  afterEach(() => {
    chmodSync(folder, 0o755);
    rmSync(folder, { recursive: true });
  });

  behavesLikeAStore(open);

  it("leaves nothing beside the object", async () => {
    await open().put("a/b", text("1"));
    await assert.rejects(open().put("a/b", text("2")), Exists);
    assert.deepEqual(readdirSync(join(folder, "prod", "a")), ["b"]);
  });

  it("does not take what a cut write left behind for an object", async () => {
    await open().put("a/b", text("1"));
    writeFileSync(join(folder, "prod", "a", ".draft-1234"), "ha");
    assert.deepEqual(
      (await open().list("a")).map(({ name }) => name),
      ["a/b"],
    );
  });

  it("removes that after a while, and nothing that is an object or younger", async () => {
    const store = open();
    await store.put("a/b/c", text("1"));
    for (const name of [".draft-old", ".draft-young"]) {
      writeFileSync(join(folder, "prod", "a", "b", name), "ha");
    }
    const before = Date.now() - 60_000;
    for (const name of [".draft-old", "c"]) {
      utimesSync(join(folder, "prod", "a", "b", name), 0, before / 1000 - 60);
    }
    assert.equal(await store.removeDrafts("a", before), 1);
    assert.deepEqual(readdirSync(join(folder, "prod", "a", "b")).sort(), [".draft-young", "c"]);
    assert.equal(await store.removeDrafts("nothing", before), 0);
  });

  it("of two that write the same name, has one", async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => open().put("a/b", text(`${index}`))),
    );
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  });

  it("is chosen, like a bucket, by what is wanted", () => {
    const directory = { kind: "directory", path: folder, prefix: "" } as const;
    assert.ok(openStore(directory, folder, {}) instanceof DirectoryStore);
    const bucket = { kind: "s3", bucket: "b", region: "r", prefix: "", credentials: "keys" } as const;
    assert.ok(openStore(bucket, folder, {}) instanceof S3Store);
  });
});
