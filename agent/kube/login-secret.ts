import { LOGIN_KEYS } from "../../components/protocol/accounts";
import { type LoginStore, MissingLogin } from "../core/login";
import type { Login } from "../core/types";
import { isCode, type KubeClient, type KubeObject } from "./client";

interface Secret extends KubeObject {
  data?: Record<string, string> | null;
}

/** Answers of the API server to who asks for what the stack did not make, or did not grant. */
const NOT_MADE = [403, 404];

/** The Secret that applications, or a further user, log in by. It is there: nobody needs the right to make one. */
export class LoginSecret implements LoginStore {
  private readonly path: string;

  constructor(
    private readonly client: Pick<KubeClient, "get" | "merge">,
    namespace: string,
    private readonly name: string,
  ) {
    this.path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  }

  async read(): Promise<Login | undefined> {
    const { data } = await this.made(this.client.get<Secret>(this.path));
    const [user, password] = [LOGIN_KEYS.username, LOGIN_KEYS.password].map((key) => data?.[key]);
    if (user === undefined || password === undefined) return undefined;
    return { user: decoded(user), password: decoded(password) };
  }

  async write({ user, password }: Login): Promise<void> {
    const data = { [LOGIN_KEYS.username]: encoded(user), [LOGIN_KEYS.password]: encoded(password) };
    await this.made(this.client.merge(this.path, { data }));
  }

  private async made<T>(answer: Promise<T>): Promise<T> {
    return await answer.catch((error: unknown) => {
      if (!NOT_MADE.some((code) => isCode(error, code))) throw error;
      const why = isCode(error, 404) ? "is not there" : "may not be written by its agents";
      throw new MissingLogin(`the Secret ${this.name}, by which one logs in, ${why}`);
    });
  }
}

function encoded(text: string): string {
  return Buffer.from(text).toString("base64");
}

function decoded(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}
