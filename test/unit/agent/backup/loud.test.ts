import * as assert from "node:assert/strict";
import { Seal } from "../../../../agent/backup/seal";
import { Shipper } from "../../../../agent/backup/ship";
import type { Keys } from "../../../../agent/backup/store/credentials";
import { S3Store } from "../../../../agent/backup/store/s3";
import { Notices } from "../../../../agent/core/notices";
import { online, view } from "../fixtures";
import { FakeLog } from "./fake-log";
import { FakeS3, refuse } from "./fake-s3";

const KEYS: Keys = { accessKeyId: "AKEXAMPLE", secretAccessKey: "secret/example+key" };

/** What somebody must change, as a store tells it; and what the primary then says, with what to do. */
interface Case {
  what: string;
  change: (s3: FakeS3) => { keys?: Keys; bucket?: string; ca?: string; key?: string };
  said: RegExp;
  advice: RegExp;
}

const answering =
  (status: number, code: string, message: string, date?: number) =>
  (s3: FakeS3): object => {
    s3.fault = (_, response) => {
      if (date !== undefined) response.setHeader("date", new Date(Date.now() + date).toUTCString());
      refuse(response, status, code, message);
      return true;
    };
    return {};
  };

const CASES: Case[] = [
  {
    what: "a wrong secret key",
    change: () => ({ keys: { ...KEYS, secretAccessKey: "not-the-secret" } }),
    said: /403 SignatureDoesNotMatch/,
    advice: /secret-access-key/,
  },
  {
    what: "an account that the store does not know",
    change: () => ({ keys: { ...KEYS, accessKeyId: "AKOTHER" } }),
    said: /403 InvalidAccessKeyId/,
    advice: /access-key-id/,
  },
  {
    what: "a key that has expired",
    change: answering(400, "ExpiredToken", "The provided token has expired."),
    said: /400 ExpiredToken/,
    advice: /expired: give the Secret a new one/,
  },
  {
    what: "an account without rights",
    change: answering(403, "AccessDenied", "Access Denied"),
    said: /403 AccessDenied/,
    advice: /rights/,
  },
  {
    what: "a bucket that is gone",
    change: () => ({ bucket: "gone" }),
    said: /there is no bucket gone/,
    advice: /make it, or name another one/,
  },
  {
    what: "another authority's certificate",
    change: () => ({ ca: OTHER }),
    said: /certificate of 127\.0\.0\.1:\d+ is not believed/,
    advice: /ca\.crt/,
  },
  {
    what: "an authority that is no certificate",
    change: () => ({ ca: "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n" }),
    said: /is not believed/,
    advice: /ca\.crt/,
  },
  {
    what: "a clock that is 20 minutes off",
    change: answering(403, "RequestTimeTooSkewed", "The difference is too large", -20 * 60_000),
    said: /this node's clock is 20 min ahead of the store's/,
    advice: /NTP/,
  },
  {
    what: "another encryption key than what is there was sealed with",
    change: () => ({ key: "another key of thirty-two characters" }),
    said: /encrypted with another key/,
    advice: /give the key/,
  },
];

let OTHER = "";

describe("backup: what somebody must change is said within two minutes, with what to do", () => {
  const s3 = new FakeS3();
  before(async () => {
    await s3.start();
    const other = new FakeS3();
    await other.start();
    OTHER = other.ca;
    other.stop();
  });
  after(() => {
    s3.stop();
  });

  for (const { what, change, said, advice, idle } of CASES.flatMap((one) => [
    { ...one, idle: false },
    { ...one, idle: true },
  ])) {
    it(`${what}${idle ? ", though nothing is written" : ""}`, async () => {
      s3.objects.clear();
      s3.fault = undefined;
      let clock = 0;
      const notices = new Notices();
      let now: ReturnType<Case["change"]> = {};
      let held: object | undefined;
      const log = new FakeLog();
      const own = online(0, view(1, [0], 0));
      const report = { ...own, record: { ...own.record!, cluster: "c", epoch: 1 } };
      report.status = { ...report.status, role: "primary", admitted: true };
      const shipper = new Shipper({
        archive: log,
        member: { namespace: "ns", database: "db", ordinal: 0 },
        look: () => report,
        stillPrimary: async () => true,
        wanted: async () => {
          const { bucket = "backups", key = "k".repeat(32) } = now;
          held ??= {
            settings: {
              destination: { kind: "directory", path: "/x", prefix: "" },
              ...{
                recoveryPointSeconds: 10,
                retentionSeconds: 86_400,
                keepLogsPercent: 25,
              },
            },
            seal: new Seal(key),
            store: new S3Store({
              destination: { bucket, region: "eu-test-1", prefix: "p", endpoint: s3.endpoint },
              // Read at each use, as they are mounted.
              keys: async () => now.keys ?? KEYS,
              ca: async () => now.ca ?? s3.ca,
              limit: 2_000,
            }),
          };
          return held as never;
        },
        volume: async () => ({ free: 1_000_000, size: 1_000_000 }),
        results: async () => ({}),
        requestCopy: async () => undefined,
        notices,
        log: () => undefined,
        clock: () => clock,
      });
      log.commit(1);
      await shipper.round();
      assert.deepEqual(notices.list(), []);
      now = change(s3);
      if (now.bucket !== undefined || now.key !== undefined) held = undefined;
      for (; clock < 120_000; clock += 5_000) {
        if (!idle) log.commit(1);
        await shipper.round();
      }
      const [found, ...others] = notices.list();
      assert.deepEqual(others, []);
      assert.equal(found?.severity, "problem");
      assert.match(found.text, said);
      assert.match(found.advice ?? "", advice);
      assert.ok(!JSON.stringify(found).includes((now.keys ?? KEYS).secretAccessKey));
    });
  }
});
