import { checkChoice, checkSecretName } from "./checks";
import type { Problems } from "./problems";

/** A bucket of an S3-compatible store. */
export interface S3Bucket {
  bucket: string;
  prefix?: string;
  region?: string;
  endpoint?: string;
  caSecret?: string;
  credentials?: { existingSecret: string };
  identity?: string;
}

/**
 * Checks a bucket and how it is reached.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function checkS3(s3: S3Bucket, problems: Problems): void {
  const { bucket, prefix, region, endpoint, caSecret, credentials, identity } = s3;
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || bucket.includes("..")) {
    problems.add("bucket", {
      value: bucket,
      allowed: "3 to 63 lower-case letters, digits, '-' and '.', a letter or digit first and last",
      fix: "write the bucket's name alone: without s3://, and the prefix in a key of its own",
    });
  }
  checkPrefix(prefix, problems);
  if (region !== undefined && !/^[a-z0-9][a-z0-9-]*$/.test(region)) {
    problems.add("region", {
      value: region,
      allowed: "the name of a region, for instance eu-central-1",
      fix: "correct it; a store of your own takes any, mostly us-east-1",
    });
  }
  if (endpoint !== undefined) checkEndpoint(endpoint, problems);
  if (caSecret !== undefined && endpoint === undefined) {
    problems.add("caSecret", {
      value: caSecret,
      allowed: "only with an endpoint: Amazon's certificates are trusted as they are",
      fix: "remove it, or name the endpoint",
    });
  }
  checkSecretName("caSecret", caSecret, problems);
  checkSecretName("credentials.existingSecret", credentials?.existingSecret, problems);
  checkChoice("identity", identity, ["pod"], problems);
  if ((credentials === undefined) !== (identity === undefined)) return;
  problems.add("", {
    allowed: "exactly one of credentials and identity",
    fix:
      identity === undefined
        ? "name the Secret with the store's account, `credentials: { existingSecret: … }`; on EKS, `identity: pod` does without one"
        : "keep one of the two",
  });
}

function checkEndpoint(endpoint: string, problems: Problems): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const bare =
    url?.protocol === "https:" &&
    ["/", ""].includes(url.pathname) &&
    url.search + url.hash + url.username === "";
  if (bare) return;
  problems.add("endpoint", {
    // A user in it would be a secret.
    ...(url?.username || url?.password ? {} : { value: endpoint }),
    allowed: "https://host[:port]: encrypted, and without user, path or query",
    fix:
      url?.protocol === "http:"
        ? "give the store a certificate, and write https://; its authority goes into caSecret"
        : "write it like https://s3.acme:9000",
  });
}

/** Checks what comes before the names of objects. */
export function checkPrefix(prefix: string | undefined, problems: Problems): void {
  if (prefix === undefined) return;
  const parts = prefix.split("/");
  if (parts.every((part) => /^[A-Za-z0-9_.=-]+$/.test(part) && !/^\.+$/.test(part))) return;
  problems.add("prefix", {
    value: prefix,
    allowed: "names of letters, digits, '-', '_', '.' and '=', with one '/' between two of them",
    fix: "write it without a '/' at either end, for instance prod/databases",
  });
}
