import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import type { Credentials } from "./credentials";

/** What is mounted: the authority's certificate, the server's, and its private key. */
interface Files {
  authority: string;
  certificate: string;
  privateKey: string;
}

/** Has the server use the certificate that is mounted, and none that would keep clients and members out. */
export class Certificate {
  private done: string | undefined;

  /** @param files - the mounted Secret. */
  constructor(private readonly files: Credentials) {}

  /**
   * Refuses files that a server would not start with, or that nobody would believe.
   * @throws Error that says which file is wrong.
   */
  async check(): Promise<void> {
    verify(await this.read());
  }

  /**
   * Has a server that runs read the files again when they have changed. Connections that are open keep the
   * certificate that they began with.
   *
   * @param reload - has the server read them.
   */
  async reconcile(reload: () => Promise<unknown>): Promise<void> {
    const files = await this.read();
    const state = createHash("sha256").update(JSON.stringify(files)).digest("hex");
    if (state === this.done) return;
    verify(files);
    await reload();
    this.done = state;
  }

  private async read(): Promise<Files> {
    return {
      authority: await this.files.read("ca.crt"),
      certificate: await this.files.read("tls.crt"),
      privateKey: await this.files.read("tls.key"),
    };
  }
}

function verify({ authority, certificate, privateKey }: Files): void {
  const authorities = parse("ca.crt", authority);
  const [server, ...between] = parse("tls.crt", certificate);
  if (server === undefined) throw new Error('the Secret\'s "tls.crt" holds no certificate');
  if (!server.checkPrivateKey(parseKey(privateKey))) {
    throw new Error('the Secret\'s "tls.key" is not the private key of its "tls.crt"');
  }
  if (!isSigned(server, between, authorities)) {
    throw new Error('the Secret\'s "tls.crt" was not signed by its "ca.crt": no client would believe it');
  }
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

/** Follows the certificates in between, each used once, up to an authority. */
function isSigned(
  certificate: X509Certificate,
  between: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): boolean {
  const signedBy = (issuer: X509Certificate): boolean =>
    certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  if (authorities.some(signedBy)) return true;
  const issuer = between.find(signedBy);
  return (
    issuer !== undefined &&
    isSigned(
      issuer,
      between.filter((other) => other !== issuer),
      authorities,
    )
  );
}
