import assert from "node:assert/strict";
import type { Observed } from "../../../operate/status/observe";
import { whyNoNode } from "../../../operate/status/scheduling";
import { describeStatus, statusOf } from "../../../operate/status/status";
import { observed } from "./observed";

/** The healthy database of three, after something happened to it. */
function after(change: (seen: Observed & Record<string, any>) => void): string {
  const seen = observed("healthy");
  change(seen as Observed & Record<string, any>);
  return describeStatus(statusOf(seen));
}

function notReady(pod: any, message = ""): void {
  pod.status.conditions = [{ type: "Ready", status: "False", message }];
}

describe("status", () => {
  describe("of a healthy database", () => {
    const status = statusOf(observed("healthy"));

    it("is healthy, and says of each pod its node, role, state, lag and volume", () => {
      assert.equal(status.healthy, true);
      assert.deepEqual(status.findings, []);
      const text = describeStatus(status);
      assert.match(text, /orders \(mysql\): 3 of 3 ready/);
      assert.match(text, /orders-0 +node1 +primary +serving +- +1Gi +25 % +none +-/);
      assert.match(text, /orders-1 +node2 +replica +serving +none +1Gi +25 %/);
      assert.match(text, /shop +2 of 2/);
      assert.match(text, /All is well\.$/);
    });

    it("says what of the stack is not there, and what is there of another stack", () => {
      const missing = after((seen) => {
        seen.wanted = { ...seen.wanted, site: "application", "orders-pooler": "pooler" };
      });
      assert.match(
        missing,
        /✗ site: the application is not deployed.*no Deployment site\n {2}to do: npm run up --/,
      );
      assert.match(missing, /✗ orders-pooler: the pooler is not deployed/);
      assert.match(missing, /Something is wrong/);

      const theirs = after(({ sets }) => {
        sets[0]!.metadata.labels!["stateful/stack"] = "theirs";
      });
      assert.match(theirs, /✗ orders: this StatefulSet is not of the stack .*, but of theirs/);

      const beside = after((seen) => {
        seen.wanted = {};
        seen.deployments[0]!.status = {};
      });
      assert.match(beside, /· shop: it runs in the namespace, and the stack .* does not have it/);
      assert.match(beside, /All is well/);
    });

    it("tells what members say is not as it was asked for; all is well with notices alone", () => {
      const saying = (said: string) =>
        after(({ pods }) => {
          pods.find(({ metadata }) => metadata.name === "orders-1")!.metadata.annotations![
            "stateful/notices"
          ] = said;
        });
      const soon = saying('[{"severity":"notice","text":"it ends soon","advice":"renew it"}]');
      assert.match(soon, /· orders-1: it ends soon\n {2}to do: renew it[\s\S]*All is well/);
      const wrong = saying('[{"severity":"problem","text":"a setting is not in force"}]');
      assert.match(wrong, /✗ orders-1: a setting is not in force[\s\S]*Something is wrong/);
      for (const nonsense of ["{", "7", "[null]", '[{"text":7}]']) {
        assert.match(saying(nonsense), /✗ orders-1: .*[\s\S]*Something is wrong/, nonsense);
      }
    });

    it("says how far a replica is behind, in the words of its agent", () => {
      const text = after(({ reports }) => (reports["orders-1"]!.lag = "7 transactions"));
      assert.match(text, /orders-1 .*7 transactions/);
    });

    it("says how full the whole disk is, where the volume is a directory on it", () => {
      const text = after(({ usage }) => {
        usage["data-orders-1"] = { usedBytes: 2e9, capacityBytes: 20e9 };
      });
      assert.match(text, /orders-1 .*10 % of its disk/);
    });

    it("says that the use is unknown, and why, where the kubelets may not be asked", () => {
      const seen = observed("healthy");
      seen.usage = {};
      seen.unavailable = { "the volumes' use on node1": 'nodes "node1" is forbidden' };
      const limited = statusOf(seen);
      assert.equal(limited.healthy, true);
      assert.match(
        describeStatus(limited),
        /orders-0 .*1Gi +unknown[\s\S]*could not look at the volumes' use.*forbidden/,
      );
    });
  });

  const recorded: [what: string, file: string, expected: RegExp[]][] = [
    [
      "a claim is Pending because no PersistentVolume matches",
      "no-volume",
      [
        /nopv-0: the claim data-nopv-0 is Pending: its class manual makes no volumes, and there is no PersistentVolume of that class/,
        /to do: create a PersistentVolume of class manual with 1Gi or more/,
        /nopv-0 +none +none .*no node can take it/,
      ],
    ],
    [
      "a pod waits for the node that has its data",
      "node-missing",
      [/away-0: it waits for its node, on whose disk its data is: there is no node node9/],
    ],
    [
      "no node has room, an image cannot be pulled, a Secret is missing",
      "pods-that-cannot-start",
      [
        /toobig-0: no node can take it: 3 nodes: too little free cpu/,
        /badimage-0: the image stateful\.test\/nothing:1 cannot be pulled/,
        /nosecret-0: the Secret none is not there/,
        /toobig, badimage, nosecret: it has no primary/,
      ],
    ],
  ];
  for (const [what, file, expected] of recorded) {
    it(`says in words that ${what}`, () => {
      const status = statusOf(observed(file));
      assert.equal(status.healthy, false);
      for (const pattern of expected) assert.match(describeStatus(status), pattern);
    });
  }

  const changed: [what: string, change: (seen: Observed & Record<string, any>) => void, expected: RegExp][] =
    [
      [
        "a database is not deployed, and its data is still there",
        (seen) => (seen.sets = []),
        /orders: it is not deployed: .* its data is still there \(3 claims\)\n +to do: npm run up -- --local --stack opdyn/,
      ],
      [
        "a node is off",
        ({ nodes, pods }) => {
          nodes[1]!.status.conditions = [{ type: "Ready", status: "Unknown" }];
          notReady(pods.find(({ spec }) => spec.nodeName === "node2"));
        },
        /orders-1.*: node node2 does not answer: it is off, or cut off\D+to do: bring the node back/,
      ],
      [
        "a local volume's node is cordoned",
        ({ nodes, pods, volumes, claims }) => {
          nodes[1]!.spec.unschedulable = true;
          const pod = pods.find(({ metadata }) => metadata.name === "orders-1")!;
          delete pod.spec.nodeName;
          pod.status = {
            phase: "Pending",
            conditions: [{ type: "PodScheduled", status: "False", message: "" }],
          };
          const claim = claims.find(({ metadata }) => metadata.name === "data-orders-1")!;
          const volume = volumes.find(({ metadata }) => metadata.name === claim.spec.volumeName)!;
          const matchExpressions = [{ key: "kubernetes.io/hostname", operator: "In", values: ["node2"] }];
          volume.spec.nodeAffinity = { required: { nodeSelectorTerms: [{ matchExpressions }] } };
        },
        /orders-1: it waits for its node.* node node2 is cordoned.*\n +to do: .*kubectl uncordon node2/,
      ],
      [
        "a pod is to stop on a node that does not answer",
        ({ nodes, pods }) => {
          nodes[0]!.status.conditions = [{ type: "Ready", status: "Unknown" }];
          pods.find(({ metadata }) => metadata.name === "orders-0")!.metadata.deletionTimestamp =
            "2026-11-21T13:00:00Z";
        },
        /orders-0: it is to stop, and nobody can say that it has: node node1 does not answer/,
      ],
      [
        "a member waits, and why",
        ({ pods }) => {
          const pod = pods.find(({ metadata }) => metadata.name === "orders-2")!;
          notReady(pod);
          pod.metadata.annotations = {
            "stateful/state": "wait: the data of 0 and 2 has grown apart: none contains all of the others'.",
            "stateful/reason": "DataGrownApart",
          };
        },
        /orders-2: the data of 0 and 2 has grown apart.*\n +to do: .*annotate configmap orders-bootstrap stateful\/recover-from=N/,
      ],
      [
        "a server ends again and again, in whatever words",
        ({ pods }) => {
          const pod = pods.find(({ metadata }) => metadata.name === "orders-2")!;
          notReady(pod);
          pod.metadata.annotations = {
            "stateful/state": "wait: the server ended 4 times: unknown variable 'x=1'",
            "stateful/reason": "ServerDoesNotStart",
          };
        },
        /orders-2: the server ended 4 times.*\n +to do: see why in the server's log: kubectl -n op-dyn logs orders-2/,
      ],
      [
        "the quorum is lost",
        ({ reports }) => {
          reports["orders-0"]!.status.member = "blocked";
          reports["orders-0"]!.status.role = "none";
        },
        /orders: it has lost its quorum and takes no writes: 2 of its 3 members must see each other/,
      ],
      [
        "there is no primary",
        ({ reports, pods }) => {
          for (const report of Object.values(reports)) report.status.role = "replica";
          for (const pod of pods) pod.metadata.labels = { ...pod.metadata.labels, role: "none" };
        },
        /orders: it has no primary, and takes no writes/,
      ],
      [
        "two say that they are the primary",
        ({ reports }) => (reports["orders-1"]!.status.role = "primary"),
        /orders: orders-0 and orders-1 both say that they are the primary/,
      ],
      [
        "a pod is not even made",
        (seen) => {
          seen.pods = seen.pods.filter(({ metadata }) => metadata.name !== "orders-2");
          seen.events.push({
            ...seen.events[0]!,
            type: "Warning",
            involvedObject: { kind: "StatefulSet", name: "orders" },
            message: "pods orders-2 is forbidden: exceeded quota",
          });
        },
        /orders-2: there is no such pod, though the database is to have 3: .*exceeded quota/,
      ],
      [
        "a volume is nearly full",
        ({ usage }) => (usage["data-orders-0"]!.usedBytes = 0.93 * usage["data-orders-0"]!.capacityBytes),
        /data-orders-0: the volume is 93 % full/,
      ],
      [
        "a volume cannot grow, because its class lets none",
        ({ claims, classes }) => {
          claims[0]!.spec.resources.requests.storage = "2Gi";
          for (const storageClass of classes) storageClass.allowVolumeExpansion = false;
        },
        /cannot grow from 1Gi to 2Gi: its class csi-loop lets no volume grow/,
      ],
      [
        "a container ended for want of memory, again and again",
        ({ pods }) => {
          const pod = pods.find(({ metadata }) => metadata.name === "orders-0")!;
          notReady(pod);
          const container = pod.status.containerStatuses![0]!;
          container.state = { waiting: { reason: "CrashLoopBackOff" } };
          container.lastState = { terminated: { reason: "OOMKilled", exitCode: 137 } };
        },
        /orders-0: the container mysql ends again and again; it ended with OOMKilled.*\n +to do: .*logs orders-0 -c mysql --previous/,
      ],
      [
        "the Secret lacks a key",
        ({ pods, events }) => {
          const pod = pods.find(({ metadata }) => metadata.name === "orders-0")!;
          pod.status = { phase: "Pending", conditions: [] };
          events.push({
            ...events[0]!,
            type: "Warning",
            reason: "FailedMount",
            involvedObject: { kind: "Pod", name: "orders-0" },
            message:
              'MountVolume.SetUp failed for volume "credentials" : references non-existent secret key: root',
          });
        },
        /orders-0: its Secret has no key "root"/,
      ],
      [
        "a member serves, and what it is to do besides fails",
        ({ pods }) => {
          pods.find(({ metadata }) => metadata.name === "orders-0")!.metadata.annotations = {
            "stateful/state": "serve; the last attempt failed: PATCH /config: 401",
            "stateful/reason": "AttemptFailed",
          };
        },
        /✗ orders-0: serve; the last attempt failed: PATCH \/config: 401/,
      ],
      [
        "a member's volume is full, though it answers",
        ({ pods }) => {
          pods.find(({ metadata }) => metadata.name === "orders-1")!.metadata.annotations = {
            "stateful/state": "the volume is full, writes wait until it grows; serve",
            "stateful/reason": "VolumeFull",
          };
        },
        /✗ orders-1: the volume is full, writes wait until it grows/,
      ],
      [
        "a pod answers what is no report of its agent",
        (seen) => {
          seen.oddReports = { "orders-1": "it has no ordinal" };
          delete seen.reports["orders-1"];
        },
        /✗ orders-1: what answers as its agent sends no report: it has no ordinal[\s\S]*to do: .*kubectl -n op-dyn get pod orders-1/,
      ],
      [
        "a pod of something else bears the labels of a database's members",
        (seen) => {
          const stray = structuredClone(seen.pods.find(({ metadata }) => metadata.name === "orders-2")!);
          stray.metadata.name = "billing-2";
          seen.pods.push(stray);
        },
        /✗ billing-2: it bears the labels of the database orders, and is none of its members/,
      ],
      [
        "an application is not available",
        ({ deployments }) => (deployments[0]!.status!.availableReplicas = 1),
        /shop: the application is not as it should be: 1 of 2 replicas are available/,
      ],
    ];
  for (const [what, change, expected] of changed) {
    it(`says in words that ${what}`, () => {
      const text = after(change);
      assert.match(text, expected);
      assert.match(text, /Something is wrong: see above\.$/);
    });
  }

  it("only notes what makes nobody unhealthy: growth under way, a cordoned node that still runs its pods, a stranger", () => {
    const text = after(({ claims, nodes, sets }) => {
      claims[0]!.spec.resources.requests.storage = "2Gi";
      nodes[0]!.spec.unschedulable = true;
      sets.push({ ...sets[0]!, metadata: { ...sets[0]!.metadata, name: "earlier" } });
    });
    assert.match(text, /· data-orders-0: it is growing from 1Gi to 2Gi/);
    assert.match(text, /· orders-0: node node1 is cordoned/);
    assert.match(text, /· earlier: it runs in the namespace, and the stack opdyn does not have it/);
    assert.match(text, /All is well\.$/);
  });
});

describe("the scheduler's message", () => {
  it("is put into words, each group of nodes with its reason", () => {
    assert.equal(
      whyNoNode(
        "0/4 nodes are available: 1 Insufficient memory, 1 node(s) were unschedulable, 1 node(s) had untolerated taint " +
          "{dedicated: x}, 1 node(s) didn't match pod anti-affinity rules. preemption: 0/4 nodes are available: 4 Preemption is not helpful.",
      ),
      "1 node: too little free memory; 1 node: cordoned; 1 node: the taint dedicated, which it does not tolerate; " +
        "1 node: a replica of the same database already",
    );
  });

  it("stays as it is where it is not understood", () => {
    assert.equal(
      whyNoNode('persistentvolumeclaim "data-x-0" not found'),
      'persistentvolumeclaim "data-x-0" not found',
    );
  });
});
