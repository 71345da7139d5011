import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate that its owner made with a tool of their own. PEM, by the keys that a Secret has them under. */
export interface OwnCertificate {
  "ca.crt": string;
  "tls.crt": string;
  "tls.key": string;
}

/** Makes an authority and a certificate of it, with `openssl`. */
export function ownCertificate(dnsNames: string[]): OwnCertificate {
  const directory = mkdtempSync(join(tmpdir(), "stateful-e2e-tls-"));
  const file = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { stdio: "pipe" });
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  try {
    const authority = [
      "-keyout",
      file("ca.key"),
      "-out",
      file("ca.crt"),
      "-subj",
      "/CN=an authority of one's own",
    ];
    openssl("req", "-x509", "-days", "2", ...newKey, ...authority);
    openssl("req", ...newKey, "-keyout", file("tls.key"), "-out", file("request"), "-subj", "/CN=database");
    writeFileSync(file("names"), `subjectAltName = ${dnsNames.map((name) => `DNS:${name}`).join()}\n`);
    const by = [
      "-CA",
      file("ca.crt"),
      "-CAkey",
      file("ca.key"),
      "-CAcreateserial",
      "-extfile",
      file("names"),
    ];
    openssl("x509", "-req", "-days", "1", "-in", file("request"), "-out", file("tls.crt"), ...by);
    const read = (name: string): string => readFileSync(file(name), "utf8");
    return { "ca.crt": read("ca.crt"), "tls.crt": read("tls.crt"), "tls.key": read("tls.key") };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
