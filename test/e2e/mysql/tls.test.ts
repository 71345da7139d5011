import { strict as assert } from "node:assert";
import { certificateSecretName } from "../../../components/tls/database-certificate";
import type { SqlClient } from "../support/traffic/client";
import { kubectl } from "../support/cluster/cluster";
import { mysql } from "../support/engines/mysql";
import type { Deployment } from "../support/deploy/deployment";
import { type OwnCertificate, ownCertificate } from "../support/deploy/own-certificate";
import { secretValues } from "../support/cluster/secrets";
import { setOfThree } from "../support/deploy/set-of-three";
import { longSuite } from "../support/suites";

const NAMESPACE = "e2e-tls";
const DATABASE = "orders";
const HOST = `${DATABASE}.${NAMESPACE}.svc`;
const OWN_SECRET = "orders-own";

longSuite("mysql", "with TLS", function () {
  this.timeout(600_000);
  let deployment: Deployment;
  let client: SqlClient;
  let databases: Record<string, object>;
  let own: OwnCertificate;
  let writes = 0;

  before(async function () {
    const set = await setOfThree(NAMESPACE, { [DATABASE]: {} }, mysql);
    ({ deployment, client, databases } = set);
    await set.start(this);
    await client.sql("CREATE TABLE writes (id INT PRIMARY KEY)", { database: DATABASE });
    own = ownCertificate([DATABASE, HOST]);
  });

  after(async () => {
    await deployment.delete();
  });

  /** Changes how the database speaks TLS, waits until every member does, and that it takes writes. */
  async function change(tls: object): Promise<void> {
    deployment.change({ databases: { [DATABASE]: { ...databases[DATABASE], tls } } });
    await deployment.apply();
    await deployment.healthy(400);
    await client.sql(`INSERT INTO writes VALUES (${++writes})`, { database: DATABASE });
  }

  /** Connects as an application does, with options of its own. @returns what the server says of the connection */
  async function connect(...options: string[]): Promise<string> {
    const password = `MYSQL_PWD="$(cat /secrets/${DATABASE}/password)"`;
    return client.sh(
      `${password} mysql --host=${HOST} --user=app --connect-timeout=5 ${options.join(" ")} --batch ` +
        "--skip-column-names --execute=\"SHOW STATUS LIKE 'Ssl_cipher'\" app",
    );
  }

  /** The stack's own authority, as the documents tell to get it. */
  async function stackAuthority(): Promise<string> {
    return (await secretValues(kubectl, NAMESPACE, certificateSecretName(DATABASE)))("ca.crt");
  }

  /** Connects only to a server that it can know by an authority. */
  async function verified(authority: string): Promise<string> {
    await client.sh("cat >/tmp/ca.crt", authority);
    return connect("--ssl-mode=VERIFY_IDENTITY", "--ssl-ca=/tmp/ca.crt");
  }

  it("clients know the server by the stack's authority, and no other one's", async () => {
    assert.match(await verified(await stackAuthority()), /TLS/);
    await assert.rejects(verified(own["ca.crt"]), /certificate verify failed/);
  });

  it("and may do without, unless it is required", async () => {
    assert.doesNotMatch(await connect("--ssl-mode=DISABLED", "--get-server-public-key"), /TLS/);
    await change({ required: true });
    await assert.rejects(connect("--ssl-mode=DISABLED"), /insecure transport are prohibited/);
    assert.match(await connect("--ssl-mode=REQUIRED"), /TLS/);
  });

  it("a certificate of one's own replaces the stack's, in the three steps that the documents tell", async () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: OWN_SECRET, namespace: NAMESPACE } };
    const manifest = JSON.stringify({ ...secret, stringData: own });
    await kubectl.run(["apply", "--server-side", "--filename=-"], manifest);
    const stacks = await stackAuthority();
    await change({ required: true, verifyMembers: false });
    assert.match(await verified(stacks), /TLS/);
    await change({ required: true, verifyMembers: false, existingSecret: OWN_SECRET });
    await change({ required: true, existingSecret: OWN_SECRET });
    assert.match(await verified(own["ca.crt"]), /TLS/);
    await assert.rejects(verified(stacks), /certificate verify failed/);
    const rows = await client.sql("SELECT COUNT(*) FROM writes", { database: DATABASE });
    assert.deepEqual(rows, [String(writes)]);
  });
});
