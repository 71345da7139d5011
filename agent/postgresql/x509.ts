import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { isIPv4 } from "node:net";
import { canonical } from "../core/proof";

// Certificates in the few forms that members need, written in DER (RFC 5280, X.690). Node reads certificates, and makes none.

/** The order of the curve P-256. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Bytes of a seed: 128 bits more than the order has, so that what is left after the division is even (FIPS 186-5, A.2.1). */
export const SEED_BYTES = 48;

/** The dates of every certificate: they say nothing, so that no clock matters. What ends one is that its key is known no longer. */
const [NOT_BEFORE, NOT_AFTER] = ["000101000000Z", "99991231235959Z"];

const OID = {
  ecdsaWithSha256: "2a8648ce3d040302",
  commonName: "550403",
  subjectKeyIdentifier: "551d0e",
  keyUsage: "551d0f",
  subjectAltName: "551d11",
  basicConstraints: "551d13",
  authorityKeyIdentifier: "551d23",
  extKeyUsage: "551d25",
  serverAuth: "2b06010505070301",
  clientAuth: "2b06010505070302",
} as const;

/** Makes the same private key of the same seed. */
export function keyFrom(seed: Buffer): KeyObject {
  if (seed.length !== SEED_BYTES) throw new Error(`a seed has ${SEED_BYTES} bytes, not ${seed.length}`);
  const scalar = (BigInt(`0x${seed.toString("hex")}`) % (ORDER - 1n)) + 1n;
  const d = Buffer.from(scalar.toString(16).padStart(64, "0"), "hex");
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(d);
  const point = curve.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString("base64url"));
  return createPrivateKey({
    key: { kty: "EC", crv: "P-256", d: d.toString("base64url"), x, y },
    format: "jwk",
  });
}

/** The certificate of an authority, in PEM. */
export function authorityCertificate(name: string, key: KeyObject): string {
  return certificate({
    name,
    key,
    issuer: { name, key },
    extensions: [
      extension(OID.basicConstraints, true, sequence(tlv(0x01, Buffer.of(0xff)))),
      // Signs certificates, and nothing else.
      extension(OID.keyUsage, true, tlv(0x03, Buffer.of(2, 0x04))),
    ],
  });
}

/** A certificate for whoever answers, and asks, at an address; in PEM. */
export function memberCertificate(
  member: { name: string; address: string; key: KeyObject },
  issuer: { name: string; key: KeyObject },
): string {
  const { name, address, key } = member;
  return certificate({
    name,
    key,
    issuer,
    extensions: [
      extension(OID.basicConstraints, true, sequence()),
      extension(OID.keyUsage, true, tlv(0x03, Buffer.of(7, 0x80))),
      extension(OID.extKeyUsage, false, sequence(oid(OID.serverAuth), oid(OID.clientAuth))),
      extension(OID.subjectAltName, false, sequence(tlv(0x87, addressBytes(address)))),
    ],
  });
}

interface Parts {
  name: string;
  key: KeyObject;
  issuer: { name: string; key: KeyObject };
  extensions: Buffer[];
}

function certificate({ name, key, issuer, extensions }: Parts): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const identifiers = [
    extension(OID.subjectKeyIdentifier, false, tlv(0x04, keyIdentifier(key))),
    extension(OID.authorityKeyIdentifier, false, sequence(tlv(0x80, keyIdentifier(issuer.key)))),
  ];
  const signed = sequence(
    tlv(0xa0, tlv(0x02, Buffer.of(2))),
    // Positive, and without a leading zero.
    tlv(0x02, Buffer.concat([Buffer.of(0x40), randomBytes(15)])),
    algorithm,
    nameOf(issuer.name),
    sequence(tlv(0x17, Buffer.from(NOT_BEFORE)), tlv(0x18, Buffer.from(NOT_AFTER))),
    nameOf(name),
    publicKeyOf(key),
    tlv(0xa3, sequence(...extensions, ...identifiers)),
  );
  const signature = sign("sha256", signed, issuer.key);
  const whole = sequence(signed, algorithm, tlv(0x03, Buffer.concat([Buffer.of(0), signature])));
  const lines = whole.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function publicKeyOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

function keyIdentifier(key: KeyObject): Buffer {
  return createHash("sha256").update(publicKeyOf(key)).digest().subarray(0, 20);
}

function nameOf(text: string): Buffer {
  return sequence(tlv(0x31, sequence(oid(OID.commonName), tlv(0x0c, Buffer.from(text)))));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [tlv(0x01, Buffer.of(0xff))] : []), tlv(0x04, value));
}

function addressBytes(address: string): Buffer {
  const plain = canonical(address);
  if (isIPv4(plain)) return Buffer.from(plain.split(".").map(Number));
  const [head = "", tail] = plain.split("::");
  const groups = (part: string | undefined): string[] => (part ? part.split(":") : []);
  const [first, last] = [groups(head), groups(tail)];
  const zeros = Array<string>(8 - first.length - last.length).fill("0");
  return Buffer.from([...first, ...zeros, ...last].map((group) => group.padStart(4, "0")).join(""), "hex");
}

function sequence(...parts: Buffer[]): Buffer {
  return tlv(0x30, ...parts);
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, "hex"));
}

/** Tag, length and value. */
function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...head), value]);
}
