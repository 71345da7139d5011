import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { timeOfDay } from "./clock";
import type { Credentials } from "./credentials";
import type { Notice, Notices } from "./notices";

/** What is mounted: the authority's certificate, the server's, and its private key. */
interface Files {
  authority: string;
  certificate: string;
  privateKey: string;
}

/** From when until when a certificate is believed, with all that it depends on; ms since 1970, as in certificates. */
interface Validity {
  from: number;
  until: number;
  /** Which of the files ends first. */
  endsBy: "ca.crt" | "tls.crt";
}

/** What a certificate may be limited to, with its identifier: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12 */
const USES = { serverAuth: "1.3.6.1.5.5.7.3.1", clientAuth: "1.3.6.1.5.5.7.3.2" } as const;
const ANY_USE = "2.5.29.37.0";

export type CertificateUse = keyof typeof USES;

const DAY = 86_400_000;

/** How long before its end a certificate is spoken of, days. */
const WARN_DAYS = 60;

const RENEW =
  "where the stack's own authority signs it, run `pulumi up`, or render and apply anew; else put another one into " +
  "the Secret. Servers take it over while they run";
const EXCHANGE_AUTHORITY =
  "give clients the next authority's certificate, then exchange it in the steps of docs/tls.md";

/** Has the server use the certificate that is mounted, and none that would keep clients and members out. */
export class Certificate {
  private done: string | undefined;
  /** What was last found sound, by a hash of the files. */
  private verified: ({ state: string } & Verified) | undefined;

  /**
   * @param files - the mounted Secret.
   * @param notices - where its dates are told.
   * @param now - the time of day, which certificates go by; ms since 1970.
   * @param hosts - the names by which clients are led to the servers.
   * @param uses - what members show it to one another for: who is shown one that is for something else refuses it.
   */
  constructor(
    private readonly files: Credentials,
    private readonly notices: Notices,
    private readonly now: () => number = timeOfDay,
    private readonly hosts: () => Promise<readonly string[]> = () => Promise.resolve([]),
    private readonly uses: readonly CertificateUse[] = [],
  ) {}

  /** Whether who verifies it believes it at the moment; as long as it was not looked at, it is taken for valid. */
  get isValid(): boolean {
    const now = this.now();
    const validity = longest(this.verified?.validities ?? [], now);
    return validity === undefined || (validity.from <= now && now < validity.until);
  }

  /**
   * Refuses files that a server would not start with, or that nobody would ever believe. One that is not valid at the
   * moment is none of these: the server starts, serves who does not verify, and takes over the next one while it runs.
   * @throws Error that says which file is wrong.
   */
  async check(): Promise<void> {
    this.tell(this.verify(await this.read()));
    await this.tellNames();
  }

  /** The server has ended: which files the next one reads is not known, whatever they are by then. */
  forgetServer(): void {
    this.done = undefined;
  }

  /**
   * Has a server that runs read the files again when they have changed. Connections that are open keep the
   * certificate that they began with. Files that are not valid at the moment are left aside until they are: what the
   * server has may be.
   *
   * @param reload - has the server read them.
   */
  async reconcile(reload: () => Promise<unknown>): Promise<void> {
    const state = this.verify(await this.read());
    const valid = this.tell(state);
    await this.tellNames();
    if (state === this.done || !valid) return;
    await reload();
    this.done = state;
  }

  /** @returns what the files are known by from then on. */
  private verify(files: Files): string {
    const state = createHash("sha256").update(JSON.stringify(files)).digest("hex");
    if (this.verified?.state !== state) {
      const found = verify(files);
      refuseOtherUses(found.server, this.uses);
      this.verified = { state, ...found };
    }
    return state;
  }

  /** @returns whether the files are valid now. */
  private tell(state: string): boolean {
    const now = this.now();
    const validity = longest(this.verified?.validities ?? [], now);
    if (validity === undefined) return false;
    const another = this.done !== undefined && this.done !== state;
    this.notices.set("certificate", noticeOf(validity, now, another));
    return this.isValid;
  }

  /** Clients that verify the server's name are refused by nobody but themselves: only they would notice. */
  private async tellNames(): Promise<void> {
    const hosts = await this.hosts().catch(() => undefined);
    if (hosts === undefined) return;
    this.notices.set("certificate's names", missingNames(this.verified?.server, hosts));
  }

  private async read(): Promise<Files> {
    return await readFiles(this.files);
  }
}

/** When what is mounted ends, ms since 1970; `undefined` where no way leads to an authority. Rejects for files that cannot be read. */
export async function certificateEnd(files: Credentials, now: number): Promise<number | undefined> {
  return longest(verify(await readFiles(files)).validities, now)?.until;
}

async function readFiles(files: Credentials): Promise<Files> {
  return {
    authority: await files.read("ca.crt"),
    certificate: await files.read("tls.crt"),
    privateKey: await files.read("tls.key"),
  };
}

/** Of several ways to an authority, as during an exchange of one for another, the one that lasts. */
function longest(validities: readonly Validity[], now: number): Validity | undefined {
  const begun = validities.filter(({ from }) => from <= now);
  if (begun.length > 0) return begun.reduce((best, next) => (next.until > best.until ? next : best));
  return validities.reduce<Validity | undefined>(
    (best, next) => (best && best.from <= next.from ? best : next),
    undefined,
  );
}

/** @param another - whether the server has other files than these. */
function noticeOf({ from, until, endsBy }: Validity, now: number, another: boolean): Notice | undefined {
  const meanwhile = another ? "; the servers go on with the one before" : "";
  if (now < from) {
    return {
      severity: "problem",
      text: `the certificate in the Secret is valid from ${dateOf(from)} on, which is later than this node's clock says${meanwhile}`,
      advice:
        "compare this node's clock with that of the machine that made the certificate, or wait: it is used from then on",
    };
  }
  const days = Math.floor((until - now) / DAY);
  const whose = endsBy === "ca.crt" ? "the authority's certificate (ca.crt)" : "the certificate (tls.crt)";
  const advice = endsBy === "ca.crt" ? EXCHANGE_AUTHORITY : RENEW;
  if (days >= WARN_DAYS) return undefined;
  if (now < until)
    return { severity: "notice", text: `${whose} ends on ${dateOf(until)}, in ${days} days`, advice };
  return {
    severity: "problem",
    text: `${whose} in the Secret ended on ${dateOf(until)}: clients and members that verify it refuse new connections${meanwhile}`,
    advice,
  };
}

function missingNames(server: X509Certificate | undefined, hosts: readonly string[]): Notice | undefined {
  // Clients of today do not look for a name in the subject.
  const missing = hosts.filter((host) => server?.checkHost(host, { subject: "never" }) === undefined);
  if (server === undefined || missing.length === 0) return undefined;
  return {
    severity: "notice",
    text: `the certificate (tls.crt) in the Secret does not have the name ${missing.join(", ")}: clients that verify the server refuse it there`,
    advice: "have it made with these names",
  };
}

/** In UTC. */
function dateOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** A server's certificate that was found sound, and how long each way from it to an authority is believed. */
interface Verified {
  server: X509Certificate;
  validities: Validity[];
}

function verify({ authority, certificate, privateKey }: Files): Verified {
  const authorities = parse("ca.crt", authority);
  const [server, ...between] = parse("tls.crt", certificate);
  if (server === undefined) throw new Error('the Secret\'s "tls.crt" holds no certificate');
  if (!server.checkPrivateKey(parseKey(privateKey))) {
    throw new Error('the Secret\'s "tls.key" is not the private key of its "tls.crt"');
  }
  const chains = chainsOf(server, between, authorities);
  if (chains.length === 0) {
    throw new Error('the Secret\'s "tls.crt" was not signed by its "ca.crt": no client would believe it');
  }
  return { server, validities: chains.map(validityOf) };
}

/** One that names no uses is for all. */
function refuseOtherUses({ keyUsage }: X509Certificate, uses: readonly CertificateUse[]): void {
  const allowed = keyUsage as string[] | undefined;
  if (allowed === undefined || allowed.includes(ANY_USE)) return;
  const missing = uses.filter((use) => !allowed.includes(USES[use]));
  if (missing.length === 0) return;
  throw new Error(
    `the Secret's "tls.crt" may not be used for ${missing.join(" and ")} (extended key usage): members show it to one another for ${uses.join(" and ")}; have it made for both`,
  );
}

function parse(key: string, pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    throw new Error(`the Secret's "${key}" is no certificate in PEM`);
  }
}

function parseKey(pem: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error('the Secret\'s "tls.key" is no private key in PEM, or one with a password');
  }
}

/** A server's certificate, those in between, each used once, and an authority. */
interface Chain {
  signed: X509Certificate[];
  authority: X509Certificate;
}

/** Every way from a certificate up to an authority. */
function chainsOf(
  certificate: X509Certificate,
  between: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): Chain[] {
  const signedBy = (issuer: X509Certificate): boolean =>
    certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  const direct = authorities.filter(signedBy).map((authority) => ({ signed: [certificate], authority }));
  const longer = between.filter(signedBy).flatMap((issuer) =>
    chainsOf(
      issuer,
      between.filter((other) => other !== issuer),
      authorities,
    ).map(({ signed, authority }) => ({ signed: [certificate, ...signed], authority })),
  );
  return [...direct, ...longer];
}

function validityOf({ signed, authority }: Chain): Validity {
  const [from, until] = [
    Math.max(...[...signed, authority].map(({ validFrom }) => Date.parse(validFrom))),
    Math.min(...signed.map(({ validTo }) => Date.parse(validTo))),
  ];
  const end = Date.parse(authority.validTo);
  return end < until ? { from, until: end, endsBy: "ca.crt" } : { from, until, endsBy: "tls.crt" };
}
