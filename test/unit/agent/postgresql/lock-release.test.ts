import * as assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LockRelease } from "../../../../agent/postgresql/lock-release";

/** States of a server, as its control file numbers them. */
const SHUT_DOWN = 1;
const SHUTTING_DOWN = 3;
const IN_RECOVERY = 5;
const IN_PRODUCTION = 6;

describe("Patroni's lock, given up when the primary's server has ended in good order", () => {
  let directory: string;
  let now: number;
  /** When it was given up. */
  let released: number[];
  /** The API server is away for so long. */
  let refusedUntil: number;
  /** How many times Patroni was ended. */
  let killed: number;
  let said: string[];
  /** What happens at which moment. */
  let events: [number, () => void][];
  let lockRelease: LockRelease;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "lock-release-"));
    mkdirSync(join(directory, "global"));
    now = 0;
    released = [];
    refusedUntil = 0;
    killed = 0;
    said = [];
    events = [];
    is(IN_PRODUCTION);
    writeFileSync(join(directory, "postmaster.pid"), "7");
    lockRelease = new LockRelease({
      directory,
      release: async () => {
        if (now < refusedUntil) throw new Error("the API server is away");
        released.push(now);
      },
      endPatroni: async () => {
        killed++;
        return Promise.resolve();
      },
      log: (_, text) => said.push(text),
      clock: () => now,
      pause: async (ms) => {
        now += ms;
        for (const [at, act] of events.splice(0)) {
          if (at > now) events.push([at, act]);
          else act();
        }
      },
    });
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  function is(state: number): void {
    const file = Buffer.alloc(8192);
    file.writeBigUInt64LE(7_431_902_114_877_640_012n, 0);
    file.writeUInt32LE(1300, 8);
    file.writeUInt32LE(202_406_281, 12);
    file.writeUInt32LE(state, 16);
    writeFileSync(join(directory, "global", "pg_control"), file);
  }
  const ended = (): void => {
    rmSync(join(directory, "postmaster.pid"), { force: true });
  };

  it("as soon as its last process has ended: all that stream have all of the log", async () => {
    events = [
      [
        200,
        () => {
          is(SHUTTING_DOWN);
        },
      ],
      [
        400,
        () => {
          is(SHUT_DOWN);
        },
      ],
      [500, ended],
    ];
    await lockRelease.whenShutDown();
    assert.deepEqual([released, killed], [[500], 1]);
    assert.deepEqual(said, ["the server has ended, and the lock is free"]);
  });

  it("and soon also where that still stores its log, or waits for a replica that is silent", async () => {
    events = [
      [
        400,
        () => {
          is(SHUT_DOWN);
        },
      ],
    ];
    await lockRelease.whenShutDown();
    assert.deepEqual([released, killed], [[700], 0], "Patroni waits for it");
  });

  it("is kept while it is shutting down, and when it was killed or does not end", async () => {
    events = [
      [
        100,
        () => {
          is(SHUTTING_DOWN);
        },
      ],
    ];
    await lockRelease.whenShutDown();
    is(IN_PRODUCTION);
    events = [[now + 100, ended]];
    await lockRelease.whenShutDown();
    assert.deepEqual([released, killed], [[], 0]);
  });

  it("is not touched where the server was no primary to begin with, or had ended before", async () => {
    for (const state of [IN_RECOVERY, SHUT_DOWN]) {
      is(state);
      await lockRelease.whenShutDown();
    }
    assert.deepEqual([released, now], [[], 0]);
  });

  it("is tried again while the API server is away: nobody else does it any more", async () => {
    refusedUntil = 3_000;
    events = [
      [
        400,
        () => {
          is(SHUT_DOWN);
        },
      ],
      [500, ended],
    ];
    await lockRelease.whenShutDown();
    assert.equal(killed, 1);
    assert.ok(released.length === 1 && released[0]! >= 3_000 && released[0]! < 3_500, String(released));
  });

  it("is left to Patroni where there is no control file that can be read, or the API server stays away", async () => {
    writeFileSync(join(directory, "global", "pg_control"), "");
    await lockRelease.whenShutDown();
    rmSync(join(directory, "global", "pg_control"));
    await lockRelease.whenShutDown();
    is(IN_PRODUCTION);
    events = [
      [
        now + 100,
        () => {
          is(SHUT_DOWN);
        },
      ],
    ];
    refusedUntil = Infinity;
    await lockRelease.whenShutDown();
    assert.deepEqual(released, []);
    assert.deepEqual(said, ["Patroni has to give the lock up", "Patroni has to give the lock up"]);
  });
});
