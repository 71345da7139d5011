import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BACKUP_FILES } from "../../../components/protocol/backup";
import { monotonic, timeOfDay, type Clock } from "../../core/clock";
import { request } from "./request";
import { Away, Refused } from "./store";

/** What a request is signed with. */
export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  /** With keys that end. */
  sessionToken?: string;
}

/** Where they come from. */
export type KeySource = () => Promise<Keys>;

/** Share of their life after which keys that end are replaced. */
const RENEW_AT = 0.8;

/** How long who gives keys may take, ms. */
const LIMIT = 10_000;

/** Keys of a mounted Secret, read at each use: it may change. */
export function keysOfSecret(directory: string): KeySource {
  const read = async (file: string): Promise<string> => {
    const text = await readFile(join(directory, file), "utf8").catch(() => "");
    if (text.trim() === "") {
      throw new Refused(`the Secret of the backup's store has no ${file}`, `give it the key ${file}`);
    }
    return text.trim();
  };
  return async () => ({
    accessKeyId: await read(BACKUP_FILES.accessKeyId),
    secretAccessKey: await read(BACKUP_FILES.secretAccessKey),
  });
}

/** Keys with their end, as who gives them says it. */
interface Lease {
  keys: Keys;
  /** How long they last from now on, ms. */
  life: number;
}

/**
 * Keys that the cluster gives the pod's ServiceAccount: EKS Pod Identity, or web identity (IRSA). Which of them shows in the
 * variables that are put into the container.
 */
export function keysOfIdentity(
  env: Record<string, string | undefined>,
  region: string,
  clock: Clock = monotonic,
): KeySource {
  const pod = env["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  const role = env["AWS_ROLE_ARN"];
  const tokenFile = env["AWS_WEB_IDENTITY_TOKEN_FILE"];
  if (pod !== undefined) {
    const authorization = env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
    return renewed(async () => fromPodIdentity(pod, authorization), clock);
  }
  if (role !== undefined && tokenFile !== undefined) {
    const sts = env["AWS_ENDPOINT_URL_STS"] ?? `https://sts.${region}.amazonaws.com`;
    return renewed(async () => fromWebIdentity(sts, role, tokenFile), clock);
  }
  return () =>
    Promise.reject(
      new Refused(
        "the pod's ServiceAccount has no identity in the cloud account",
        "associate a role with it (EKS Pod Identity, or the annotation eks.amazonaws.com/role-arn), then restart the pod",
      ),
    );
}

/** Takes new keys before the old ones end; these go on being used while there are no new ones and they hold. */
function renewed(take: () => Promise<Lease>, clock: Clock): KeySource {
  let held: (Lease & { since: number }) | undefined;
  let taking: Promise<void> | undefined;
  return async () => {
    const age = held ? clock() - held.since : Infinity;
    if (held && age < held.life * RENEW_AT) return held.keys;
    taking ??= take()
      .then((lease) => {
        held = { ...lease, since: clock() };
      })
      .finally(() => {
        taking = undefined;
      });
    try {
      await taking;
    } catch (error) {
      if (held && age < held.life) return held.keys;
      throw error;
    }
    // Set by what was waited for.
    return (held as unknown as Lease).keys;
  };
}

/** @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html */
async function fromPodIdentity(uri: string, tokenFile: string | undefined): Promise<Lease> {
  const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, "utf8")).trim();
  const answer = await request({
    method: "GET",
    url: new URL(uri),
    headers: token === undefined ? {} : { authorization: token },
    limit: LIMIT,
  });
  const what = "EKS Pod Identity";
  if (answer.status !== 200) throw denied(what, answer.status, answer.body);
  let given: Record<string, unknown>;
  try {
    given = JSON.parse(answer.body.toString("utf8")) as Record<string, unknown>;
  } catch {
    throw new Away(`${what} did not answer in JSON`);
  }
  return leaseOf(what, answer.date, {
    accessKeyId: given["AccessKeyId"],
    secretAccessKey: given["SecretAccessKey"],
    sessionToken: given["Token"],
    expiration: given["Expiration"],
  });
}

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
async function fromWebIdentity(sts: string, role: string, tokenFile: string): Promise<Lease> {
  const form = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: role,
    RoleSessionName: "stateful-backup",
    WebIdentityToken: (await readFile(tokenFile, "utf8")).trim(),
  });
  const answer = await request({
    method: "POST",
    url: new URL(sts),
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(form.toString()),
    limit: LIMIT,
  });
  const what = "the token service (STS)";
  const text = answer.body.toString("utf8");
  if (answer.status !== 200) throw denied(what, answer.status, answer.body);
  const field = (name: string): string | undefined =>
    new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1];
  return leaseOf(what, answer.date, {
    accessKeyId: field("AccessKeyId"),
    secretAccessKey: field("SecretAccessKey"),
    sessionToken: field("SessionToken"),
    expiration: field("Expiration"),
  });
}

function denied(what: string, status: number, body: Buffer): Error {
  const words = /<Message>([^<]{1,200})/.exec(body.toString("utf8"))?.[1];
  const said = words === undefined ? "" : `: ${words}`;
  if (status >= 500) return new Away(`${what} answered ${status}${said}`);
  return new Refused(
    `${what} gives no keys (${status})${said}`,
    "look at the role, and at whom it trusts: it must be this namespace's ServiceAccount",
  );
}

/** @param date - what the answer calls now: this machine's clock may be off. */
function leaseOf(
  what: string,
  date: number | undefined,
  { accessKeyId, secretAccessKey, sessionToken, expiration }: Record<string, unknown>,
): Lease {
  const ends = typeof expiration === "string" ? Date.parse(expiration) : NaN;
  if (
    typeof accessKeyId !== "string" ||
    typeof secretAccessKey !== "string" ||
    typeof sessionToken !== "string" ||
    Number.isNaN(ends)
  ) {
    throw new Away(`${what} answered without keys or their end`);
  }
  const life = ends - (date ?? timeOfDay());
  if (life <= 0) throw new Away(`${what} gave keys that have ended`);
  return { keys: { accessKeyId, secretAccessKey, sessionToken }, life };
}
