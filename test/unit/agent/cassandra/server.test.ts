import * as assert from "node:assert/strict";
import { settingsTrouble } from "../../../../agent/cassandra/in-force";
import { isTornLog, refusalFrom } from "../../../../agent/cassandra/refusal";
import { repairTrouble } from "../../../../agent/cassandra/repairs";
import { Ring } from "../../../../agent/cassandra/ring";
import { configOf } from "../../../../agent/cassandra/settings";
import { statusFrom } from "../../../../agent/cassandra/status";

describe("cassandra: what a server's answers say of the ring", () => {
  const ordinals = new Map([0, 1, 2].map((ordinal) => [`10.1.0.${ordinal}`, ordinal]));
  const local = [{ bootstrapped: "COMPLETED", broadcast_address: "10.1.0.0" }];
  const peers = [
    { peer: "10.1.0.1", tokens: ["1", "2"] },
    { peer: "10.1.0.2", tokens: ["3"] },
  ];
  const gossip = (beat: number, states = ["NORMAL,1", "NORMAL,2", "NORMAL,3"]) =>
    states.map((status_with_port, ordinal) => ({
      address: `10.1.0.${ordinal}`,
      generation: 1,
      heartbeat: beat,
      status_with_port,
    }));

  it("everybody who has a part of it is a member, and online who is heard of", () => {
    let now = 0;
    const ring = new Ring(0, () => now);
    const first = ring.look({ local, peers, gossip: gossip(1) }, ordinals);
    assert.deepEqual(first.view, { number: 1, members: [0, 1, 2], online: [0, 1, 2] });
    now = 7_000;
    ring.look({ local, peers, gossip: gossip(2) }, ordinals);
    now = 20_000;
    const silent = gossip(2);
    silent[1]!.heartbeat = 3;
    assert.deepEqual(ring.look({ local, peers, gossip: silent }, ordinals).view.online, [0, 1]);
  });

  it("one that has said that it stops is a member still, and not online", () => {
    const ring = new Ring(0, () => 0);
    const states = ["NORMAL,1", "shutdown,true", "NORMAL,3"];
    const { view } = ring.look({ local, peers, gossip: gossip(1, states) }, ordinals);
    assert.deepEqual(view, { number: 1, members: [0, 1, 2], online: [0, 2] });
  });

  it("one that joins has no part of it yet, and addresses of nobody's Service are no members'", () => {
    const ring = new Ring(0, () => 0);
    const some = [
      { peer: "10.1.0.1", tokens: null },
      { peer: "10.9.9.9", tokens: ["7"] },
    ];
    assert.deepEqual(ring.look({ local, peers: some, gossip: gossip(1) }, ordinals).view.members, [0]);
  });

  it("who has not joined is nobody's member, and says as what it is in the ring", () => {
    const ring = new Ring(0, () => 0);
    const joining = [{ bootstrapped: "IN_PROGRESS", broadcast_address: "10.1.0.0" }];
    const look = ring.look({ local: joining, peers, gossip: gossip(1, ["BOOT,1"]) }, ordinals);
    assert.equal(look.isMember, false);
    assert.deepEqual(statusFrom(look, false), {
      process: "running",
      member: "offline",
      role: "none",
      admitted: false,
      detail: "in the ring as boot",
    });
  });

  it("who is about to join is outside of it, and for as long as its next start would not be heard of", () => {
    let now = 0;
    const ring = new Ring(0, () => now);
    const joining = [peers[0]!, { peer: "10.1.0.2", tokens: null }];
    const outside = (rows: typeof peers | typeof joining, states: string[]): number[] =>
      ring.look({ local, peers: rows, gossip: gossip(1, states) }, ordinals).outside;
    assert.deepEqual(outside(joining, ["NORMAL,1", "NORMAL,2", ""]), [2]);
    now += 20_000;
    assert.deepEqual(outside(joining, ["NORMAL,1", "NORMAL,2", "BOOT,3"]), [2]);
    now += 74_000;
    assert.deepEqual(outside([peers[0]!], ["NORMAL,1", "NORMAL,2"]), [2], "it is not heard of any more");
    now += 1_000;
    assert.deepEqual(outside([peers[0]!], ["NORMAL,1", "NORMAL,2"]), []);
    outside(joining, ["NORMAL,1", "NORMAL,2", "BOOT,3"]);
    assert.deepEqual(outside(peers, ["NORMAL,1", "NORMAL,2", "NORMAL,3"]), [], "it has become a member");
  });

  it("who has just begun to look does not know who was about to join, but for who begins the ring itself", () => {
    let now = 0;
    const ring = new Ring(0, () => now);
    const isNew = (of = ring): boolean => of.look({ local, peers, gossip: gossip(1) }, ordinals).isNew;
    assert.equal(isNew(), true);
    now = 75_000;
    assert.equal(isNew(), false);
    const another = new Ring(0, () => now);
    another.begun();
    assert.equal(isNew(another), false);
  });

  it("who is a member and starts again, or has left it, is not about to join", () => {
    const ring = new Ring(0, () => 0);
    const left = [peers[0]!];
    const look = ring.look({ local, peers: left, gossip: gossip(1, ["NORMAL,1", "", "LEFT,3"]) }, ordinals);
    assert.deepEqual(look.outside, []);
  });
});

describe("cassandra: the file that a server starts with", () => {
  const settings = 'num_tokens: 16\ndefault_keyspace_rf: 3\ncluster_name: "somebody else\'s"\n';
  const start = {
    cluster: "c",
    listen: "10.0.0.1",
    address: "10.1.0.0",
    seeds: ["10.1.0.1", "10.1.0.2"],
    rack: "rack1",
  };
  const read = (text: string): Map<string, unknown> =>
    new Map(
      text
        .trim()
        .split("\n")
        .map((line) => {
          const at = line.indexOf(": ");
          return [line.slice(0, at), JSON.parse(line.slice(at + 2))] as const;
        }),
    );

  it("has the component's settings, and the member's place in the ring in place of anybody's", () => {
    const file = read(configOf(settings, { ...start, founding: false }));
    assert.equal(file.get("num_tokens"), 16);
    assert.equal(file.get("default_keyspace_rf"), 3);
    assert.equal(file.get("cluster_name"), "c");
    assert.equal(file.get("listen_address"), "10.0.0.1");
    assert.equal(file.get("broadcast_rpc_address"), "10.1.0.0");
    assert.match(JSON.stringify(file.get("seed_provider")), /"10\.1\.0\.1,10\.1\.0\.2"/);
  });

  it("lets who begins a ring log in while nobody else could answer for its account", () => {
    const file = read(configOf(settings, { ...start, founding: true }));
    assert.equal(file.get("default_keyspace_rf"), 1);
    assert.equal(file.get("auth_read_consistency_level"), "LOCAL_ONE");
  });
});

describe("cassandra: why a server does not start", () => {
  const at = "2026-11-27 10:07:21,123 CassandraDaemon -";

  it("a setting that it does not take says nothing against its data", () => {
    const log = `INFO  ${at} Starting\nERROR ${at} Fatal configuration error\norg.apache.cassandra.exceptions.ConfigurationException: Invalid yaml. Please remove properties [no_such] from your cassandra.yaml\n\tat org.apache`;
    assert.deepEqual(refusalFrom(log), {
      words:
        "org.apache.cassandra.exceptions.ConfigurationException: Invalid yaml. Please remove properties [no_such] from your cassandra.yaml",
      blames: "settings",
    });
  });

  it("files that it has read and calls broken do", () => {
    const log = `ERROR ${at} Exiting due to error\norg.apache.cassandra.io.sstable.CorruptSSTableException: Corrupted: nb-1-big-Data.db\n\tat org`;
    assert.equal(refusalFrom(log)?.blames, "data");
  });

  it("a torn log is none of its files, which are sound", () => {
    const words =
      "org.apache.cassandra.db.commitlog.CommitLogReadHandler$CommitLogReadException: Mutation checksum failure at 1234";
    const found = refusalFrom(`ERROR ${at} Exiting due to error\n${words}\n\tat org`);
    assert.deepEqual(found, { words });
    assert.equal(isTornLog(found), true);
    assert.equal(isTornLog({ words: "Corrupted: nb-1-big-Data.db" }), false);
  });

  it("go by what failed, and not by what was said in passing: arguments, settings, warnings", () => {
    const passing =
      `INFO  ${at} JVM Arguments: [-XX:+ExitOnOutOfMemoryError]\nINFO  ${at} Node configuration:[on_error=Invalid yaml]\n` +
      `WARN  ${at} tried\njava.io.IOException: No space left on device\n\tat org.x\nCaused by: java.io.IOException: No space left on device\n`;
    const torn = `ERROR ${at} Exiting\norg.x.CorruptSSTableException: Corrupted: nb-1-big-Data.db\n\tat org.x\n`;
    assert.equal(refusalFrom(passing), undefined);
    assert.equal(refusalFrom(passing + torn)?.blames, "data");
    const last = "Terminating due to java.lang.OutOfMemoryError: Java heap space";
    assert.deepEqual(refusalFrom(`${passing}${last}\n`), { words: last });
  });

  it("no room, no memory, and nobody to join by are neither", () => {
    for (const words of [
      "java.lang.RuntimeException: Unable to gossip with any peers",
      "java.io.IOException: No space left on device",
      "java.lang.OutOfMemoryError: Java heap space",
    ]) {
      const found = refusalFrom(`ERROR ${at} Exception\n${words}\nCaused by: CorruptSSTableException`);
      assert.deepEqual(found, { words });
    }
  });

  it("a server that said nothing has no reason", () => {
    assert.equal(refusalFrom(`INFO  ${at} Starting\n`), undefined);
  });
});

describe("cassandra: settings that are in force", () => {
  const row = (name: string, value: string | null) => ({ name, value });

  it("are the same in other words", () => {
    const file =
      'roles_validity: "2000ms"\nfile_cache_size: "1GiB"\nauthenticator: "org.x.PasswordAuthenticator"\nseeds: ["a"]\n';
    const answer = [
      row("roles_validity", "2s"),
      row("file_cache_size", "1024MiB"),
      row("authenticator", "PasswordAuthenticator"),
      row("seeds", "other"),
      row("unknown", null),
    ];
    assert.deepEqual([...settingsTrouble(file, answer)], []);
  });

  it("are told by their names where somebody has set them since", () => {
    const found = settingsTrouble('compaction_throughput: "64MiB/s"\n', [
      row("compaction_throughput", "16MiB/s"),
    ]);
    assert.match(found.get("compaction_throughput")?.text ?? "", /is 16MiB\/s and not 64MiB\/s/);
  });
});

describe("cassandra: repairs of a ring", () => {
  const now = Date.UTC(2026, 0, 31);
  const ended = (...days: (number | undefined)[]) =>
    days.map((ago) => ({
      repair_finish_ts: ago === undefined ? null : new Date(ago === Infinity ? 0 : now - ago * 86_400_000),
    }));

  it("are said to be overdue before what was deleted is forgotten, by the part that was repaired longest ago", () => {
    assert.match(repairTrouble(ended(1, 8.5, 2), now)?.text ?? "", /last repaired 8 days ago/);
    assert.equal(repairTrouble(ended(1, 7.9, 2), now), undefined);
  });

  it("are not where none has ended yet, or nobody has begun", () => {
    for (const rows of [ended(), ended(undefined), ended(Infinity)]) {
      assert.equal(repairTrouble(rows, now), undefined);
    }
  });
});
