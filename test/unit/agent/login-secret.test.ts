import * as assert from "node:assert/strict";
import { MissingLogin } from "../../../agent/core/login";
import { ApiError } from "../../../agent/kube/client";
import { LoginSecret } from "../../../agent/kube/login-secret";

const PATH = "/api/v1/namespaces/shop/secrets/orders-login";

/** An API server with one Secret, or an answer that is no success. */
class FakeSecret {
  data: Record<string, string> | undefined;
  code = 200;

  private check(path: string): void {
    assert.equal(path, PATH);
    if (this.code !== 200) throw new ApiError(this.code, `${this.code}`);
  }

  async get<T>(path: string): Promise<T> {
    this.check(path);
    return { metadata: { name: "orders-login" }, ...(this.data ? { data: this.data } : {}) } as T;
  }

  async merge(path: string, body: object): Promise<void> {
    this.check(path);
    assert.deepEqual(Object.keys(body), ["data"]);
    this.data = { ...this.data, ...(body as { data: Record<string, string> }).data };
  }
}

describe("agent: the Secret that applications log in by", () => {
  const api = new FakeSecret();
  const secret = new LoginSecret(api, "shop", "orders-login");

  it("holds nothing as the stack makes it, or half of what it takes", async () => {
    assert.equal(await secret.read(), undefined);
    api.data = { username: "YXBw" };
    assert.equal(await secret.read(), undefined);
  });

  it("holds what was written, whatever characters it has", async () => {
    const login = { user: "app_b", password: 'ß"$ 日本' };
    await secret.write(login);
    assert.deepEqual(await secret.read(), login);
    assert.deepEqual(Object.keys(api.data ?? {}).sort(), ["password", "username"]);
  });

  it("is said to be missing, or not granted, and no other failure is taken for that", async () => {
    api.code = 404;
    await assert.rejects(
      secret.read(),
      (error) => error instanceof MissingLogin && /orders-login.*is not there/.test(error.message),
    );
    api.code = 403;
    await assert.rejects(secret.write({ user: "a", password: "b" }), MissingLogin);
    api.code = 500;
    await assert.rejects(secret.read(), (error) => error instanceof ApiError);
  });
});
