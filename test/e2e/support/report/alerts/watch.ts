import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../../../../../cluster/wait";
import { rulesFor } from "../../../../../components/monitoring/rules";
import { Prometheus } from "../../prometheus";

/** Between two looks, ms. Prometheus judges every five seconds. */
const LOOK_EVERY = 2_000;

/** A Prometheus with the rules of a stack, which writes down when each alert of a database fires for the first time. */
export class AlertWatch {
  /** By name, ms since 1970. */
  readonly first = new Map<string, number>();
  private over = false;
  private readonly looking: Promise<void>;

  private constructor(
    private readonly prometheus: Prometheus,
    private readonly database: string,
  ) {
    this.looking = this.look();
  }

  static async start(namespace: string, database: string, replicas: number): Promise<AlertWatch> {
    const rules = rulesFor(namespace, [{ name: database, replicas }]);
    const prometheus = await Prometheus.start(namespace, rules);
    try {
      // Who sees no member raises nothing whatever happens to them.
      await until(
        async () =>
          (await prometheus.query(`stateful_ready{database="${database}"} == 1`)).length === replicas,
        {
          what: `Prometheus to see ${replicas} members of ${database}`,
          timeoutSeconds: 60,
        },
      );
    } catch (error) {
      await prometheus.stop();
      throw error;
    }
    return new AlertWatch(prometheus, database);
  }

  async stop(): Promise<void> {
    this.over = true;
    await this.looking;
    await this.prometheus.stop();
  }

  private async look(): Promise<void> {
    while (!this.over) {
      const names = await this.prometheus.firing(this.database).catch(() => []);
      for (const name of names) if (!this.first.has(name)) this.first.set(name, Date.now());
      await sleep(LOOK_EVERY);
    }
  }
}
