import assert from "node:assert/strict";
import {
  Cassandra,
  InvalidArgsError,
  type MaintenanceArgs,
  MongoDb,
  MySql,
  PostgreSql,
  PrimaryUpdate,
  Redis,
} from "../../components";
import { isOpen, nextOpening, parseWeeklyWindow } from "../../components/protocol/maintenance";
import { record, type Recording } from "./support/recording";

const ENGINES = { Cassandra, MongoDb, MySql, PostgreSql, Redis };
const SUNDAY: MaintenanceArgs = { windows: ["Sun 02:00-04:00"] };

async function made(Database: typeof MySql, maintenance?: MaintenanceArgs): Promise<Recording> {
  return record(() => {
    const shared = { namespace: "shop", replicas: 3, resources: { memory: "2Gi" } };
    new Database("orders", { ...shared, ...(maintenance === undefined ? {} : { maintenance }) });
  });
}

const set = (recording: Recording) => recording.one("StatefulSet").inputs;
const rules = (recording: Recording): string =>
  JSON.stringify(
    recording.all("ValidatingAdmissionPolicy").map(({ inputs }) => inputs["spec"].validations as object[]),
  );

describe("maintenance of a database", () => {
  for (const [engine, Database] of Object.entries(ENGINES) as [string, typeof MySql][]) {
    it(`leaves ${engine}'s pods to their agents, and tells them when on the set: another window restarts nothing`, async () => {
      const without = await made(Database);
      const sunday = await made(Database, SUNDAY);
      const monday = await made(Database, {
        windows: ["Mon 02:00-04:00"],
        primaryUpdate: PrimaryUpdate.Supervised,
      });
      const strategies = [without, sunday, monday].map(
        (one) => set(one)["spec"].updateStrategy.type as string,
      );
      assert.deepEqual(strategies, ["RollingUpdate", "OnDelete", "OnDelete"]);
      assert.deepEqual(set(sunday)["spec"].template, set(without)["spec"].template);
      assert.deepEqual(set(monday)["spec"].template, set(without)["spec"].template);
      const said = (one: Recording): unknown => {
        const text = set(one)["metadata"].annotations?.["stateful/maintenance"] as string | undefined;
        return text === undefined ? undefined : JSON.parse(text);
      };
      assert.deepEqual(said(without), undefined);
      assert.deepEqual(said(sunday), SUNDAY);
      assert.deepEqual(said(monday), { windows: ["Mon 02:00-04:00"], supervised: true });
    });
  }

  it("keeps what pods mount until they are replaced, though there is a new one by then", async () => {
    for (const [engine, Database] of Object.entries(ENGINES) as [string, typeof MySql][]) {
      const mounted = (one: Recording) =>
        one.resources.filter(
          ({ type, inputs }) => type.endsWith("/v1:ConfigMap") && inputs["immutable"] === true,
        );
      const [without, sunday] = [await made(Database), await made(Database, SUNDAY)];
      assert.ok(mounted(sunday).length > 0, engine);
      for (const [one, kept] of [
        [without, false],
        [sunday, true],
      ] as const)
        for (const { name, opts } of mounted(one))
          assert.equal(opts.retainOnDelete ?? false, kept, `${engine}: ${name}`);
    }
  });

  it("lets a pod that serves delete itself, and none another", async () => {
    const own = /extra\[\?'authentication\.kubernetes\.io\/pod-uid'\]/;
    const without = await made(MySql);
    const sunday = await made(MySql, SUNDAY);
    assert.match(rules(without), own);
    assert.match(rules(sunday), own);
    assert.match(rules(without), /'Ready' && one\.status == 'True'/);
    assert.doesNotMatch(rules(sunday), /'Ready' && one\.status == 'True'/);
  });

  it("is refused where it says nothing that can be kept to", async () => {
    await assert.rejects(made(MySql, { windows: ["Sun 02:00-02:10"] }), InvalidArgsError);
  });
});

const at = (text: string): number => new Date(`${text}Z`).getTime();

describe("windows of maintenance", () => {
  it("are read with days of the week before them, or without", () => {
    const days = (text: string) => [...(parseWeeklyWindow(text)?.days ?? [])];
    assert.deepEqual(days("02:00-04:00"), [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual(days("Sun 02:00-04:00"), [0]);
    assert.deepEqual(days("Sat,Sun 02:00-04:00"), [6, 0]);
    assert.deepEqual(days("Fri-Mon 02:00-04:00"), [5, 6, 0, 1]);
    assert.deepEqual(days("Mon-Tue,Sat 02:00-04:00"), [1, 2, 6]);
  });

  it("are nothing else", () => {
    for (const text of [
      "",
      "Sun",
      "sun 02:00-04:00",
      "Sunday 02:00-04:00",
      "Sun 2:00-4:00",
      "Sun  02:00-04:00",
    ])
      assert.equal(parseWeeklyWindow(text), undefined, text);
    for (const text of ["Sun 02:00-02:00", "Sun-Mon-Tue 02:00-04:00", "Sun, 02:00-04:00", "- 02:00-04:00"])
      assert.equal(parseWeeklyWindow(text), undefined, text);
  });

  it("are open from their first minute on until their last is over, also past midnight", () => {
    const open = (text: string, time: string) => isOpen([text], at(time));
    // A Sunday.
    assert.equal(open("Sun 02:00-04:00", "2026-11-29T01:59:59"), false);
    assert.equal(open("Sun 02:00-04:00", "2026-11-29T02:00:00"), true);
    assert.equal(open("Sun 02:00-04:00", "2026-11-29T03:59:59"), true);
    assert.equal(open("Sun 02:00-04:00", "2026-11-29T04:00:00"), false);
    assert.equal(open("Sat 23:00-01:00", "2026-11-29T00:30:00"), true);
    assert.equal(open("Sun 23:00-01:00", "2026-11-29T00:30:00"), false);
    assert.equal(isOpen(["Sun 02:00-04:00", "Mon 02:00-04:00"], at("2026-11-30T03:00:00")), true);
  });

  it("open next at the first of all that comes", () => {
    const next = (texts: string[], time: string) => new Date(nextOpening(texts, at(time)) ?? 0).toISOString();
    assert.equal(next(["Sun 02:00-04:00"], "2026-11-29T02:00:00"), "2026-12-06T02:00:00.000Z");
    assert.equal(next(["Sun 02:00-04:00"], "2026-11-29T01:00:00"), "2026-11-29T02:00:00.000Z");
    assert.equal(next(["Sun 02:00-04:00", "03:00-04:00"], "2026-11-30T12:00:00"), "2026-12-01T03:00:00.000Z");
    assert.equal(nextOpening([], 0), undefined);
  });
});
