import assert from "node:assert/strict";
import type { OpMap } from "@pulumi/pulumi/automation";
import type { ClusterFacts } from "../support/cluster/cluster";
import type { StackStorage } from "../support/cluster/storage";
import type { MeasuredEngine } from "../support/engines/engine";
import type { Login } from "../support/cluster/secrets";
import type { DeployedDatabase } from "./database";
import { type PulumiProject, refusal, type Settings } from "./project";

/** What a stack lives in. */
export interface Surroundings {
  project: PulumiProject;
  database: MeasuredEngine;
  cluster: ClusterFacts;
  clusterUid: string;
  /** A namespace of the stack's own. */
  namespace: string;
  storage: StackStorage;
  orders: DeployedDatabase;
}

/** The life of a stack with one database, `orders`: what its file says, and what must be in the database. */
export class StackLife {
  private database: Settings = {};
  private readonly rows: string[] = [];

  constructor(readonly surroundings: Surroundings) {}

  /** Writes the stack file as it stands, with other settings of the database and of the stack. */
  async configure(database: Settings = {}, stack: Settings = {}, name = "orders"): Promise<void> {
    const { project, database: engine, namespace, clusterUid, cluster, storage } = this.surroundings;
    await project.configure({
      target: "bare-metal",
      namespace,
      cluster: { uid: clusterUid },
      storage,
      databases: {
        [name]: {
          engine: engine.name,
          ...cluster.database[engine.name],
          storage: "1Gi",
          resources: { cpu: "100m", memory: "768Mi" },
          affinity: { spread: "preferred" },
          minReadySeconds: 1,
          ...this.database,
          ...database,
        },
      },
      ...stack,
    });
  }

  /** Changes settings of the database for good, and deploys them. */
  async change(database: Settings): Promise<OpMap> {
    this.database = { ...this.database, ...database };
    await this.configure();
    return this.surroundings.project.up();
  }

  /** Writes a row, which must be there from now on. */
  async writeRow(row: string): Promise<void> {
    await this.surroundings.orders.write(row);
    this.rows.push(row);
    this.rows.sort();
    await this.assertRows();
  }

  /** That every row is there. @param login the Secret's, unless another is given */
  async assertRows(login?: Login): Promise<void> {
    assert.deepEqual(await this.surroundings.orders.rows(login), this.rows);
  }

  /** That an operation restarts no pod and no container, and changes no data. */
  async assertNoRestart(operation: () => Promise<unknown>): Promise<void> {
    const { orders } = this.surroundings;
    const lives = await orders.lives();
    await operation();
    assert.deepEqual(await orders.lives(), lives);
    await this.assertRows();
  }

  /** That an operation is refused in these words, and leaves pods, volumes and data alone. */
  async assertRefused(words: RegExp, operation: () => Promise<unknown>): Promise<void> {
    const volumes = await this.surroundings.orders.volumes();
    await this.assertNoRestart(async () => {
      assert.match(await refusal(operation()), words);
    });
    assert.deepEqual(await this.surroundings.orders.volumes(), volumes);
  }

  /** That a refresh and an `up` find the stack as its file says, and restart nothing. */
  async assertSettled(): Promise<void> {
    const { project } = this.surroundings;
    await this.assertNoRestart(async () => {
      assert.deepEqual(await project.refresh(), []);
      const { read, same, ...changes } = await project.up();
      assert.deepEqual(changes, {});
      assert.ok((same ?? 0) > 20, `${same ?? 0} resources are the same, ${read ?? 0} were read`);
    });
  }
}
