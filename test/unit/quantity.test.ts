import assert from "node:assert/strict";
import { isCidr, isDnsSubdomain, isQualifiedName, isServiceName } from "../../components/common/names";
import { parseBytes, parseCpus } from "../../components/common/quantity";

describe("quantities", () => {
  const bytes: [string, number | undefined][] = [
    ["1", 1],
    ["1Ki", 1024],
    ["1.5Gi", 1.5 * 1024 ** 3],
    ["2G", 2e9],
    ["1k", 1000],
    ["20GB", undefined],
    ["20gi", undefined],
    ["100m", undefined],
    ["0", undefined],
    ["-1Gi", undefined],
    ["", undefined],
    ["Gi", undefined],
    ["1 Gi", undefined],
  ];
  for (const [text, expected] of bytes) {
    it(`reads "${text}" as ${expected ?? "no"} bytes`, () => {
      assert.equal(parseBytes(text), expected);
    });
  }

  const cpus: [string, number | undefined][] = [
    ["1", 1],
    ["500m", 0.5],
    ["1.5", 1.5],
    ["0", undefined],
    ["0.5m", undefined],
    ["two", undefined],
    ["1Gi", undefined],
  ];
  for (const [text, expected] of cpus) {
    it(`reads "${text}" as ${expected ?? "no"} processors`, () => {
      assert.equal(parseCpus(text), expected);
    });
  }
});

describe("names", () => {
  it("knows names of Services", () => {
    assert.ok(isServiceName("orders-1"));
    for (const bad of ["", "1orders", "Orders", "orders-", "or_ders", "o".repeat(64)]) {
      assert.ok(!isServiceName(bad), bad);
    }
  });

  it("knows names with dots", () => {
    assert.ok(isDnsSubdomain("node-1.example.com"));
    for (const bad of ["", "a..b", "-a", "a.", "A"]) assert.ok(!isDnsSubdomain(bad), bad);
  });

  it("knows keys of labels", () => {
    assert.ok(isQualifiedName("team"));
    assert.ok(isQualifiedName("example.com/team"));
    for (const bad of ["", "/team", "a/b/c", "example.com/", "-x"]) assert.ok(!isQualifiedName(bad), bad);
  });

  it("knows blocks of addresses", () => {
    for (const good of ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "::/0"]) assert.ok(isCidr(good), good);
    for (const bad of [
      "10.0.0.0",
      "10.0.0.0/33",
      "10.0.0/8",
      "::/129",
      "a/8",
      "10.0.0.0/8/8",
      "10.0.0.0/x",
    ]) {
      assert.ok(!isCidr(bad), bad);
    }
  });
});
