import { Since, type Clock } from "../clock";
import { type Candidacy, candidacy } from "./candidacy";
import type { ElectionWorld } from "./world";

/** Measures for how long a member could have been elected, and for how long only what nobody knows was against it. */
export class Patience {
  private readonly able: Since;
  private readonly unsure: Since;

  constructor(clock: Clock) {
    this.able = new Since(clock);
    this.unsure = new Since(clock);
  }

  /** The same world, with how long. */
  measured(world: ElectionWorld): ElectionWorld {
    const { lease } = world;
    const open =
      lease !== undefined && world.server?.as === "detached" && world.vote?.version === lease.version;
    const judge = (seen: ElectionWorld): Candidacy | undefined =>
      open && lease.holder !== world.self ? candidacy(seen, lease) : undefined;
    const now = judge(world);
    const unsureFor = this.unsure.measure(now?.able === false && now.unsure);
    const patient = { ...world, unsureFor };
    return { ...patient, ableFor: this.able.measure(judge(patient)?.able === true, lease?.version) };
  }
}
