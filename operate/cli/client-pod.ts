import { randomBytes } from "node:crypto";
import { containerSecurityContext } from "../../components/database/pod-security";
import { clientLabels } from "../../components/network/network-policy";
import { LOGIN_KEYS } from "../../components/protocol/accounts";
import { loginSecretName } from "../../components/protocol/names";
import { mainEndpoint, serviceOf } from "../../components/protocol/topology";
import { engineOf, topologyOf } from "../../stacks/engines";
import { RefusedError } from "../deploy/refused-error";
import type { Kubectl } from "../kube/kubectl";
import type { StatefulSet } from "../kube/objects";
import { type ChosenDatabase, runningSet } from "./chosen-database";

/** The longest that somebody may be connected, s: whatever becomes of this command, no pod stays. */
const LONGEST_SECONDS = 12 * 3_600;
/** How long a pod may take to start, s: its image is on the nodes of the members. */
const STARTS_WITHIN_SECONDS = 120;
const AUTHORITY = "/authority/ca.crt";

interface ClientPod {
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  spec: object;
}

/**
 * The pod of a client: of the database's own image and with the label that its NetworkPolicy admits. Login and authority come from
 * their Secrets.
 */
export function clientPod({ name, config }: ChosenDatabase, set: StatefulSet): ClientPod {
  const { containers, imagePullSecrets, tolerations, securityContext, volumes } = set.spec.template.spec;
  const image = containers[0]?.image;
  const secretName = volumes?.find((volume) => volume.name === "tls")?.secret?.secretName;
  if (image === undefined || secretName === undefined) {
    throw new RefusedError(
      `The StatefulSet ${name} is not as this version makes it: deploy the stack, then connect.`,
    );
  }
  const fromLogin = (variable: string, key: string) => ({
    name: variable,
    valueFrom: { secretKeyRef: { name: loginSecretName(name), key } },
  });
  const metadata = {
    name: `${name}-client-${randomBytes(3).toString("hex")}`,
    namespace: config.namespace,
    labels: clientLabels(name),
  };
  return {
    ...{ apiVersion: "v1", kind: "Pod" },
    metadata,
    spec: {
      restartPolicy: "Never",
      activeDeadlineSeconds: LONGEST_SECONDS,
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...{ imagePullSecrets, tolerations, securityContext },
      containers: [
        {
          name: "client",
          image,
          command: ["sleep", String(LONGEST_SECONDS)],
          env: [
            fromLogin("USERNAME", LOGIN_KEYS.username),
            fromLogin("PASSWORD", LOGIN_KEYS.password),
            // What was typed is kept there, and goes with the pod.
            { name: "HOME", value: "/tmp" },
          ],
          resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "512Mi" } },
          securityContext: containerSecurityContext(),
          volumeMounts: [
            { name: "authority", mountPath: "/authority", readOnly: true },
            { name: "tmp", mountPath: "/tmp" },
          ],
        },
      ],
      volumes: [
        { name: "authority", secret: { secretName, items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
      ],
    },
  };
}

/** The line that its shell runs. */
export function clientLine({ name, config, database }: ChosenDatabase): string {
  const service = serviceOf(name, mainEndpoint(topologyOf(database).endpoints));
  return engineOf(database.engine).client({
    name,
    host: `${service}.${config.namespace}.svc`,
    database: database.args.database,
    authority: AUTHORITY,
  });
}

/** Runs a client in the cluster before the user's own eyes, or with what is piped in, and removes it. @returns its exit status */
export async function runClient(kubectl: Kubectl, chosen: ChosenDatabase): Promise<number> {
  const pod = clientPod(chosen, await runningSet(kubectl, chosen));
  const inNamespace = ["-n", chosen.config.namespace];
  const terminal = process.stdin.isTTY ? ["-it"] : ["-i"];
  // The client gets the interrupts, and the pod is to go all the same.
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore);
  try {
    await kubectl.run(["create", "--filename=-"], JSON.stringify(pod));
    const ready = ["--for=condition=Ready", `--timeout=${STARTS_WITHIN_SECONDS}s`];
    await kubectl.run(["wait", `pod/${pod.metadata.name}`, ...inNamespace, ...ready]);
    const shell = ["sh", "-c", clientLine(chosen)];
    return await kubectl.show(["exec", ...terminal, ...inNamespace, pod.metadata.name, "--", ...shell]);
  } finally {
    process.off("SIGINT", ignore);
    const now = ["--ignore-not-found", "--wait=false", "--grace-period=1"];
    await kubectl.run(["delete", "pod", pod.metadata.name, ...inNamespace, ...now]);
  }
}
