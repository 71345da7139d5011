import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Member, Scene } from "../../e2e/support/faults/scene";
import type { SoakFault } from "../../soak/fault";
import type { Aim, Strike } from "../../soak/scenario";
import { strikeAll, type Struck } from "../../soak/strike";

const MEMBERS: Member[] = [0, 1, 2].map((number) => ({ pod: `db-${number}`, node: `node${number + 1}` }));
const SCENE = { database: "db", members: MEMBERS, target: MEMBERS[0]! } as Scene;

/** Two faults, and what they did. */
class Stage {
  readonly did: string[] = [];
  readonly interrupted = new AbortController();
  primary = MEMBERS[0]!;
  holdSeconds = 0;
  troubles: Record<string, number> = {};

  async strike(strikes: [Strike] | [Strike, Strike]): Promise<Struck> {
    const scene = async (): Promise<Scene> => ({ ...SCENE, target: this.primary });
    return strikeAll({ strikes, calmSeconds: 0 }, SCENE, {
      database: { args: {}, change: async () => undefined, scene },
      interrupted: this.interrupted.signal,
      say: () => undefined,
      find: (name) => this.fault(name),
      healSeconds: 10,
    });
  }

  private fault(name: string): SoakFault {
    const step = async (what: string, pod: string): Promise<void> => {
      this.did.push(`${what} ${name} ${pod}`);
      if ((this.troubles[`${what} ${name}`] ?? 0) <= 0) return;
      this.troubles[`${what} ${name}`]!--;
      throw new Error(`cannot ${what} ${name}`);
    };
    return {
      ...{ name, what: name, takes: "one", orderly: false, aimed: true, strikesSide: name === "power" },
      ...{ beginsWithoutApi: false, holdSeconds: this.holdSeconds, applies: () => undefined },
      start: async ({ scene }) => step("start", scene.target.pod),
      heal: async ({ scene }) => step("heal", scene.target.pod),
    };
  }
}

const at = (fault: string, aim: Aim, afterSeconds = 0): Strike => ({ fault, aim, afterSeconds });

describe("faults that strike", () => {
  it("are aimed at whoever has the role by then, and undone there", async () => {
    const stage = new Stage();
    const { faults, struckSides } = await stage.strike([at("power", "other-2")]);
    assert.deepEqual(stage.did, ["start power db-2", "heal power db-2"]);
    assert.deepEqual([faults[0]?.member, struckSides], ["db-2", ["node3"]]);
    assert.ok(faults[0]?.healed !== undefined);
  });

  it("strike the member of the first one, though another is primary since", async () => {
    const stage = new Stage();
    const struck = stage.strike([at("kill", "main"), at("wipe", "same", 0.05)]);
    await sleep(20);
    stage.primary = MEMBERS[1]!;
    await struck;
    assert.deepEqual(
      stage.did.filter((line) => line.startsWith("start")),
      ["start kill db-0", "start wipe db-0"],
    );
  });

  it("are undone, also where only half of one succeeded, and the other one strikes all the same", async () => {
    const stage = new Stage();
    stage.troubles = { "start kill": 1 };
    await stage.strike([at("kill", "main"), at("wipe", "other-1", 0.02)]);
    assert.deepEqual([...stage.did].sort(), [
      "heal kill db-0",
      "heal wipe db-1",
      "start kill db-0",
      "start wipe db-1",
    ]);
  });

  it("are undone again until that succeeds: the API server may be away", async () => {
    const stage = new Stage();
    stage.troubles = { "heal kill": 1 };
    await stage.strike([at("kill", "main")]);
    assert.deepEqual(stage.did, ["start kill db-0", "heal kill db-0", "heal kill db-0"]);
  });

  it("are undone when somebody interrupts, before their time", async () => {
    const stage = new Stage();
    stage.holdSeconds = 3600;
    setTimeout(() => {
      stage.interrupted.abort();
    }, 50);
    await assert.rejects(stage.strike([at("kill", "main"), at("wipe", "same", 3600)]), /interrupted/);
    assert.deepEqual(stage.did, ["start kill db-0", "heal kill db-0"]);
  });

  it("are no round when none could strike", async () => {
    const stage = new Stage();
    stage.troubles = { "start kill": 1 };
    await assert.rejects(stage.strike([at("kill", "main")]), /no fault could strike: .*cannot start kill/);
    assert.deepEqual(stage.did, ["start kill db-0", "heal kill db-0"]);
  });
});
