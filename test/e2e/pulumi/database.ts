import type { ApiObject, Kubectl } from "../../../operate/kube/kubectl";
import type { Claim, Pod, Secret } from "../../../operate/kube/objects";
import { until } from "../../../cluster/wait";
import type { MeasuredEngine } from "../support/engines/engine";
import { applicationLogin, decode, type Login } from "../support/cluster/secrets";

/** What of a Secret everybody may know. */
const PUBLIC_KEYS = ["username", "ca.crt", "tls.crt"];

/** A database of the cluster, as its owner sees it. */
export class DeployedDatabase {
  constructor(
    private readonly kubectl: Kubectl,
    private readonly engine: MeasuredEngine,
    readonly namespace: string,
    readonly name: string,
  ) {}

  /** Which life each pod is in: another text after any restart of the pod or of one of its containers. */
  async lives(): Promise<Record<string, string>> {
    const pods = await this.list<Pod>("pods");
    return Object.fromEntries(
      pods.map(({ metadata, status }) => {
        const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
        const restarts = containers.map(({ name, restartCount }) => `${name}: ${restartCount} restarts`);
        return [metadata.name, [metadata.uid, ...restarts].join(", ")];
      }),
    );
  }

  /** The claims, with what tells one volume from another. */
  async volumes(): Promise<Record<string, string>> {
    const claims = await this.list<Claim>("persistentvolumeclaims");
    return Object.fromEntries(
      claims.map(({ metadata, spec }) => [metadata.name, `${metadata.uid} ${spec.volumeName ?? "unbound"}`]),
    );
  }

  /** Sizes that the claims' volumes have. */
  async sizes(): Promise<(string | undefined)[]> {
    const claims = await this.list<Claim>("persistentvolumeclaims");
    return claims.map(({ status }) => status?.capacity?.storage);
  }

  /** Labels of the claims of the replicas that there are; those of former replicas stay as they were. */
  async claimLabels(): Promise<Record<string, string>[]> {
    return (await this.claimsInUse()).map(({ metadata }) => metadata.labels ?? {});
  }

  /** Names of the PersistentVolumes of the replicas that there are. */
  async volumesInUse(): Promise<string[]> {
    return (await this.claimsInUse()).map(({ spec }) => spec.volumeName ?? "");
  }

  /** How many objects of a kind the database has. */
  async count(kind: string): Promise<number> {
    return (await this.list(kind)).length;
  }

  /** The application's user, as the Secret has it. */
  async login(): Promise<Login> {
    return applicationLogin(this.kubectl, this.namespace, this.name);
  }

  /** What to look for, of everything in the Secrets that must be nowhere else. */
  async secrets(): Promise<string[]> {
    const values = (await this.list<Secret>("secrets")).flatMap(({ data = {} }) =>
      Object.entries(data).filter(([key]) => !PUBLIC_KEYS.includes(key)),
    );
    return values.map(([, value]) => telling(decode(value)));
  }

  /**
   * Runs SQL as the application does: by the name of the primary, as its user, with its password.
   *
   * @returns rows, their columns parted by tabs
   */
  async sql(statement: string, { user, password }: Login): Promise<string[]> {
    const { container, shell } = this.engine;
    const place = ["--namespace", this.namespace, `${this.name}-0`, "--container", container];
    const printed = await this.kubectl.run(
      ["exec", "--stdin", ...place, "--", "bash", "-c", shell.user(this.name)],
      `${user}\n${password}\n${statement}`,
    );
    return printed.split("\n").filter((line) => line !== "");
  }

  /** Writes a row of its own. */
  async write(row: string): Promise<void> {
    const login = await this.login();
    const insert = `CREATE TABLE IF NOT EXISTS notes (note VARCHAR(64) PRIMARY KEY); INSERT INTO notes VALUES ('${row}')`;
    await until(() => this.sql(insert, login), { what: "the primary to take a row", timeoutSeconds: 60 });
  }

  /** All rows that were written. @param login the Secret's, unless another is given */
  async rows(login?: Login): Promise<string[]> {
    const used = login ?? (await this.login());
    const select = "SELECT note FROM notes ORDER BY note";
    return until(() => this.sql(select, used), { what: "the primary to answer", timeoutSeconds: 60 });
  }

  private async claimsInUse(): Promise<Claim[]> {
    const names = (await this.list<Pod>("pods")).map(({ metadata }) => `data-${metadata.name}`);
    const claims = await this.list<Claim>("persistentvolumeclaims");
    return claims.filter(({ metadata }) => names.includes(metadata.name));
  }

  private async list<T extends ApiObject>(kind: string): Promise<T[]> {
    return this.kubectl.list<T>(kind, this.namespace, `app.kubernetes.io/instance=${this.name}`);
  }
}

/** A password is looked for as it is; of a private key, the first line: the last ones are the public key's as well. */
function telling(secret: string): string {
  return secret.split("\n").find((line) => line !== "" && !line.startsWith("-----")) ?? secret;
}
