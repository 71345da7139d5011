import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keysOfIdentity, keysOfSecret } from "../../../../agent/backup/store/credentials";
import { Away, Refused } from "../../../../agent/backup/store/store";
import { listen } from "../listen";

describe("backup: keys", () => {
  let folder = "";
  let server: Server;
  let port = 0;
  let answer: () => [number, string] = () => [200, ""];
  let heard: { path: string; authorization: string; body: string }[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "stateful-keys-"));
    writeFileSync(join(folder, "token"), "the-token\n");
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        heard.push({ path: request.url!, authorization: request.headers.authorization ?? "", body });
        const [status, content] = answer();
        response.writeHead(status).end(content);
      });
    });
    port = await listen(server);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    heard = [];
  });

  const podIdentity = () => ({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, "token"),
  });
  const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();
  const given = (id: string) =>
    JSON.stringify({ AccessKeyId: id, SecretAccessKey: "s", Token: "t", Expiration: inAnHour() });

  it("of a Secret are read at each use, and one that is missing is named", async () => {
    const keys = keysOfSecret(folder);
    writeFileSync(join(folder, "access-key-id"), "one\n");
    await assert.rejects(
      keys(),
      (error: Error) => error instanceof Refused && /secret-access-key/.test(error.message),
    );
    writeFileSync(join(folder, "secret-access-key"), "two\n");
    assert.deepEqual(await keys(), { accessKeyId: "one", secretAccessKey: "two" });
    writeFileSync(join(folder, "secret-access-key"), "three");
    assert.equal((await keys()).secretAccessKey, "three");
  });

  it("of Pod Identity are taken anew at four fifths of their life", async () => {
    let now = 0;
    const keys = keysOfIdentity(podIdentity(), "r", () => now);
    answer = () => [200, given(`A${heard.length}`)];
    assert.deepEqual(await keys(), { accessKeyId: "A1", secretAccessKey: "s", sessionToken: "t" });
    assert.deepEqual(heard[0], { path: "/v1/credentials", authorization: "the-token", body: "" });
    now = 47 * 60_000;
    assert.equal((await keys()).accessKeyId, "A1");
    now = 49 * 60_000;
    assert.equal((await keys()).accessKeyId, "A2");
  });

  it("go on being used while there are no new ones, until they end", async () => {
    let now = 0;
    const keys = keysOfIdentity(podIdentity(), "r", () => now);
    answer = () => [200, given("A")];
    await keys();
    answer = () => [500, "broken"];
    now = 50 * 60_000;
    assert.equal((await keys()).accessKeyId, "A");
    now = 61 * 60_000;
    await assert.rejects(keys(), Away);
  });

  it("are asked for once by many that need them", async () => {
    answer = () => [200, given("A")];
    const keys = keysOfIdentity(podIdentity(), "r");
    await Promise.all(Array.from({ length: 5 }, keys));
    assert.equal(heard.length, 1);
  });

  it("of a web identity come for its token", async () => {
    const env = {
      AWS_ROLE_ARN: "arn:aws:iam::1:role/backup",
      AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, "token"),
      AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${port}`,
    };
    answer = () => [
      200,
      `<R><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${inAnHour()}</Expiration></Credentials></R>`,
    ];
    assert.deepEqual(await keysOfIdentity(env, "r")(), {
      accessKeyId: "A",
      secretAccessKey: "s",
      sessionToken: "t",
    });
    const form = new URLSearchParams(heard[0]!.body);
    assert.equal(form.get("Action"), "AssumeRoleWithWebIdentity");
    assert.equal(form.get("WebIdentityToken"), "the-token");
    assert.equal(form.get("RoleArn"), env.AWS_ROLE_ARN);
  });

  it("that are refused, missing or in the past are named", async () => {
    answer = () => [403, "<Error><Message>not authorized</Message></Error>"];
    await assert.rejects(keysOfIdentity(podIdentity(), "r")(), (error: Error) => {
      return error instanceof Refused && /not authorized/.test(error.message);
    });
    for (const content of [
      "<html>",
      "{}",
      '{"AccessKeyId":"A","SecretAccessKey":"s","Token":"t","Expiration":"2001-01-01T00:00:00Z"}',
    ]) {
      answer = () => [200, content];
      await assert.rejects(keysOfIdentity(podIdentity(), "r")(), Away, content);
    }
    await assert.rejects(keysOfIdentity({}, "r")(), Refused);
  });
});
