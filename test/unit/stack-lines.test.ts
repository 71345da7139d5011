import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgsError } from "../../components/common/problems";
import { configOf } from "../../operate/deploy/stack-config";
import { placeholders } from "../../render/secrets";
import { readStackFile, type StackFile } from "../../render/stack-file";
import { StackLines } from "../../render/stack-lines";

const TEXT = `# A comment
config:
  other:key: 1
  stateful:target: bare-metal
  stateful:databases:
    orders: &orders
      engine: mysql
      replicas: 2
      "storage": 10Gi
      zones: [a,
        b]
      allowedClients:
        - cidr: 10.0.0.0/8
        - { namespace: x }
    events:
      <<: *orders
      storage: 5Gi
    copy: *orders
`;

describe("the line of a key of a stack file", () => {
  const cases: [key: string, line: number | undefined][] = [
    ["stateful:target", 4],
    ["stateful:databases.orders.replicas", 8],
    ["stateful:databases.orders.storage", 9],
    ["stateful:databases.orders.zones[1]", 11],
    ["stateful:databases.orders.allowedClients[0].cidr", 13],
    ["stateful:databases.orders.allowedClients[1].namespace", 14],
    // What a merge brings along stands where it is written, unless it is written again.
    ["stateful:databases.events.replicas", 8],
    ["stateful:databases.events.storage", 17],
    ["stateful:databases.copy.storage", 9],
    // What is missing would stand in what is there.
    ["stateful:databases.events.tls.issuer.name", 15],
    ["stateful:databases.events.nodes[3]", 15],
    ["stateful:namespace", 2],
  ];
  for (const [key, line] of cases) {
    for (const [what, text] of [
      ["", TEXT],
      [", with the line ends of Windows", TEXT.replaceAll("\n", "\r\n")],
    ] as const) {
      it(`${key} is ${line ?? "unknown"}${what}`, () => {
        assert.equal(new StackLines(text).lineOf(key), line);
      });
    }
  }
});

describe("a mistake in a stack file", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "stack lines-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  function file(text: string, name = "Pulumi.prod.yaml"): StackFile {
    const path = join(directory, name);
    writeFileSync(path, text);
    return readStackFile(path, directory, placeholders);
  }

  function mistakes(text: string): string {
    const read = file(text);
    try {
      configOf(read);
    } catch (error) {
      assert.ok(error instanceof InvalidArgsError);
      return error.message;
    }
    return "";
  }

  it("is told with its file and line, also where it came by a merge key", () => {
    const found = mistakes(TEXT);
    assert.match(found, /stateful:databases\.orders\.replicas = 2 {3}\(Pulumi\.prod\.yaml:8\)\n/);
    assert.match(found, /stateful:databases\.events\.replicas = 2 {3}\(Pulumi\.prod\.yaml:8\)\n/);
  });

  it("that only Pulumi would read in another way has a line, too", () => {
    assert.throws(
      () => file(TEXT.replace("storage: 5Gi", "passwordRotation: 2026-11-25")),
      /Pulumi\.prod\.yaml, line 17: the Pulumi CLI takes 2026-11-25 for a date/,
    );
  });

  it("of the stack's name is none of ours: any name that a file can have", () => {
    for (const name of ["Pulumi.my stack (1).yaml", "Pulumi.übung.yaml", "Pulumi.a.b.yaml"]) {
      const read = file(TEXT, name);
      assert.equal(`Pulumi.${read.stack}.yaml`, name);
      assert.throws(
        () => configOf(read),
        (error: Error) => error.message.includes(`(${name}:8)`),
      );
    }
  });

  it("says where others' names for things are here, or that there is none", () => {
    const found = mistakes(
      TEXT.replace("replicas: 2", "replicas: 3\n      roles: []\n      readReplicas: 1\n      ingress: {}"),
    );
    assert.match(found, /orders\.roles.*\n.*\n +to do: +write them as `users: /);
    assert.match(found, /orders\.readReplicas.*\n.*\n +to do: +there are none that do not vote/);
    assert.doesNotMatch(found, /did you mean/);
  });
});
