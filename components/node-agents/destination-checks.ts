import { checkSecretName } from "../common/checks";
import type { Problems } from "../common/problems";
import { checkS3 } from "../common/s3-checks";
import type { LogCredentialsArgs, LogDestinationArgs, LogEndpointArgs } from "./args";

/** Every receiver, with how its key is begun. */
const EXAMPLES: Record<keyof LogDestinationArgs, string> = {
  stdout: "stdout: true",
  openSearch: "openSearch: { url: …, credentials: { existingSecret: … } }",
  loki: "loki: { url: …, credentials: { existingSecret: … } }",
  s3: "s3: { bucket: …, credentials: { existingSecret: … } }",
  http: "http: { url: …, credentials: { existingSecret: … } }",
};

/** Finds what is wrong with where lines are sent. */
export function checkLogDestination(to: LogDestinationArgs, problems: Problems): void {
  const { openSearch, loki, s3, http, stdout } = to;
  const named = Object.entries({ openSearch, loki, s3, http, stdout: stdout === true ? stdout : undefined });
  const chosen = named.flatMap(([key, value]) => (value === undefined ? [] : [key]));
  if (chosen.length !== 1) {
    problems.add("", {
      ...(chosen.length === 0 ? {} : { value: chosen }),
      allowed: `exactly one of ${Object.keys(EXAMPLES).join(", ")}`,
      fix:
        chosen.length === 0
          ? `say where lines are sent, for instance \`${EXAMPLES.loki}\`, or \`${EXAMPLES.stdout}\` to try it`
          : "keep one of them; what has several, reads from that one",
    });
  }
  if (openSearch !== undefined) checkOpenSearch(openSearch, problems.at("openSearch"));
  if (loki !== undefined) checkLoki(loki, problems.at("loki"));
  if (http !== undefined) checkEndpoint(http, problems.at("http"));
  if (s3 === undefined) return;
  checkS3(s3, problems.at("s3"));
  checkToken(s3.credentials, "a bucket: it has an account of two keys", problems.at("s3"));
}

function checkOpenSearch(
  openSearch: NonNullable<LogDestinationArgs["openSearch"]>,
  problems: Problems,
): void {
  checkEndpoint(openSearch, problems);
  checkToken(openSearch.credentials, "OpenSearch: Fluent Bit sends it a user and a password", problems);
  const { index } = openSearch;
  // https://docs.opensearch.org/latest/api-reference/index-apis/create-index/#index-naming-restrictions
  if (index === undefined || /^[a-z0-9][a-z0-9_.-]{0,99}$/.test(index)) return;
  problems.add("index", {
    value: index,
    allowed: "at most 100 lower-case letters, digits, '-', '_' and '.', a letter or digit first",
    fix: "write the name without the date, which is added",
  });
}

function checkLoki(loki: NonNullable<LogDestinationArgs["loki"]>, problems: Problems): void {
  checkEndpoint(loki, problems);
  const { tenant } = loki;
  // https://grafana.com/docs/loki/latest/operations/multi-tenancy/
  if (tenant === undefined || /^[A-Za-z0-9!.*'()_-]{1,150}$/.test(tenant)) return;
  problems.add("tenant", {
    value: tenant,
    allowed: "at most 150 letters, digits and !-_.*'()",
    fix: "write the tenant's id as Loki has it",
  });
}

/** A password, and a token, go to nobody whose certificate was not verified. */
function checkEndpoint(endpoint: LogEndpointArgs, problems: Problems): void {
  const { url: written, credentials, anonymous = false, caSecret } = endpoint;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  const secure = url?.protocol === "https:";
  checkUrl(written, url, problems);
  checkSecretName("caSecret", caSecret, problems);
  checkSecretName("credentials.existingSecret", credentials?.existingSecret, problems);
  if ((credentials === undefined) === !anonymous) {
    problems.add("", {
      allowed: "exactly one of credentials and anonymous: true",
      fix: anonymous
        ? "keep one of the two"
        : "name the Secret with `username` and `password`, `credentials: { existingSecret: … }`; `anonymous: true` if it really takes lines from everybody",
    });
  }
  if (url === undefined || secure) return;
  const needs = Object.entries({ credentials, caSecret }).flatMap(([key, value]) =>
    value === undefined ? [] : [key],
  );
  for (const key of needs) {
    problems.add(key, {
      allowed: "only with https://",
      fix: "give the receiver a certificate, and write https://; its authority goes into caSecret",
    });
  }
}

function checkUrl(written: string, url: URL | undefined, problems: Problems): void {
  const bare =
    url !== undefined &&
    /^https?:\/\/[^/]/.test(written) &&
    url.hostname !== "" &&
    url.search + url.hash + url.username + url.password === "" &&
    /^[\w./~-]*$/.test(url.pathname);
  if (bare) return;
  problems.add("url", {
    // A user in it would be a secret.
    ...(url?.username || url?.password || url?.search || written.includes("@") ? {} : { value: written }),
    allowed:
      "https://host[:port][/path], or http://… for one that asks for no credentials; no user, no query",
    fix: "write where it is, for instance https://logs.example.com:9200; who logs in stands in credentials",
  });
}

function checkToken(credentials: LogCredentialsArgs | undefined, not: string, problems: Problems): void {
  if (credentials?.token !== true) return;
  problems.add("credentials.token", {
    value: true,
    allowed: `false, for ${not}`,
    fix: "remove it, and put what it logs in by into the Secret",
  });
}
