import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  X509Certificate,
} from "node:crypto";
import { join } from "node:path";
import { readIfThere, writeWhole } from "../core/record";
import type { SharedSecret } from "../core/shared-secret";
import { authorityCertificate, keyFrom, memberCertificate, SEED_BYTES } from "./x509";

/** What the authority's key is for; another number for another form of certificate. */
const PURPOSE = "stateful patroni 1";

/**
 * For how long a member goes on showing a certificate of the former secret, ms: until the others have the new one, which the
 * kubelet brings them up to a minute and a half later.
 */
const SHOW_FORMER = 120_000;

/** What is used at one time. */
export interface RestFiles {
  /** The authorities that are believed, in PEM. */
  authorities: string;
  /** The member's certificate and its private key, in PEM. */
  member: string;
  /** The certificate's, to tell by which one Patroni has loaded. */
  fingerprint: string;
}

/** What an identity is made of. */
export interface RestIdentityParts {
  /** A directory in memory that the server's container shares. */
  directory: string;
  /** `<namespace>/<name>` of the set. */
  set: string;
  member: string;
  /** The pod's address. */
  address: string;
  secret: SharedSecret;
}

/**
 * By what the members' Patroni instances, and their agents, know each other: a certificate for each pod's address, signed by
 * an authority whose key all members derive (HKDF) from a password of their Secret. Not the servers' certificate: its
 * authority signs for other databases too, and need not sign for clients, nor for addresses.
 */
export class RestIdentity {
  /** What is on the disk, and before it what a Patroni that runs may still have loaded. */
  private known: RestFiles[] = [];
  private made: string | undefined;

  constructor(private readonly parts: RestIdentityParts) {}

  /** Where Patroni finds the files. */
  get paths(): { authorities: string; member: string } {
    const { directory } = this.parts;
    return {
      authorities: join(directory, "rest-authorities.pem"),
      member: join(directory, "rest-member.pem"),
    };
  }

  /** What Patroni may use at the moment, that which is on the disk first. */
  files(): readonly RestFiles[] {
    return this.known;
  }

  /**
   * Writes the files when they are not there, or not what the Secret now says.
   * @returns whether a Patroni that runs has to load them.
   */
  async refresh(): Promise<boolean> {
    const { set, member, address, secret } = this.parts;
    const [shown, believed] = [await secret.shown(SHOW_FORMER), await secret.values()];
    const wanted = createHash("sha256")
      .update(JSON.stringify([shown, believed]))
      .digest("hex");
    if (wanted === this.made) return false;
    const before = this.known.length > 0 ? this.known : await this.onDisk();
    const issuer = authorityOf(shown, set);
    const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const files = filesFrom(
      believed
        .map((value) => authorityOf(value, set))
        .map(certificateOf)
        .join(""),
      memberCertificate({ name: member, address, key }, issuer) +
        key.export({ type: "pkcs8", format: "pem" }).toString(),
    );
    await writeWhole(this.paths.authorities, files.authorities);
    await writeWhole(this.paths.member, files.member);
    this.known = [files, ...before].slice(0, 3);
    this.made = wanted;
    return true;
  }

  /** Left by an agent that ended: the Patroni that it started goes on with it. */
  private async onDisk(): Promise<RestFiles[]> {
    const [authorities, member] = await Promise.all([
      readIfThere(this.paths.authorities),
      readIfThere(this.paths.member),
    ]);
    return authorities === undefined || member === undefined ? [] : [filesFrom(authorities, member)];
  }
}

function filesFrom(authorities: string, member: string): RestFiles {
  return { authorities, member, fingerprint: new X509Certificate(member).fingerprint256 };
}

interface Authority {
  name: string;
  key: KeyObject;
}

/** Each has a name of its own, so that two of them can be believed at a time. */
function authorityOf(value: string, set: string): Authority {
  const key = keyFrom(Buffer.from(hkdfSync("sha256", value, set, PURPOSE, SEED_BYTES)));
  const id = createHash("sha256").update(createPublicKey(key).export({ type: "spki", format: "der" }));
  return { name: `stateful ${id.digest("hex").slice(0, 16)}`, key };
}

function certificateOf({ name, key }: Authority): string {
  return authorityCertificate(name, key);
}
