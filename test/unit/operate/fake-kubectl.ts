import { loadAll } from "js-yaml";
import { type ApiObject, Kubectl, KubectlError } from "../../../operate/kube/kubectl";

/** kubectl before a cluster that holds some objects; it writes down what it was told to change. */
export class FakeKubectl extends Kubectl {
  /** Each change: the verb with its options, and the objects by kind and name. */
  readonly changes: { command: string; objects: string[]; manifests: any[] }[] = [];

  constructor(private readonly objects: Record<string, any>[] = []) {
    super();
  }

  override async run(args: string[], input = ""): Promise<string> {
    const [verb = "", kind = "", name = ""] = args;
    if (verb === "get" && kind === "--filename=-") return this.found(parse(input));
    // What comes of a dry run is no change.
    if (verb === "apply" && args.includes("json")) return JSON.stringify({ items: parse(input) });
    if (verb === "get" && kind === "--raw") return this.served(name, args);
    if (verb === "get") return this.answer(kind, name, args);
    const manifests = parse(input);
    const named = input === "" ? [`${kind} ${name}`] : manifests.map(label);
    this.changes.push({ command: args.join(" "), objects: named, manifests });
    return "";
  }

  /** Those of the objects that are there; like kubectl, one as itself, several as a list. */
  private found(wanted: any[]): string {
    const found = this.objects.filter((object) =>
      wanted.some(
        ({ kind, metadata }) =>
          kind === object["kind"] &&
          metadata.name === object["metadata"].name &&
          metadata.namespace === object["metadata"].namespace,
      ),
    );
    if (found.length === 0) return "";
    return JSON.stringify(found.length === 1 ? found[0] : { items: found });
  }

  /** The kinds of a group of the API: those that a CustomResourceDefinition of it has. */
  private served(path: string, args: string[]): string {
    const group = path.split("/")[2];
    const kinds = this.objects.filter(
      ({ kind, spec }) => kind === "CustomResourceDefinition" && spec.group === group,
    );
    if (kinds.length === 0) {
      throw new KubectlError(
        args,
        "Error from server (NotFound): the server could not find the requested resource",
      );
    }
    return JSON.stringify({ resources: kinds.map(({ spec }) => ({ kind: spec.names.kind })) });
  }

  private answer(kind: string, name: string, args: string[]): string {
    const namespace = args.includes("-n") ? args[args.indexOf("-n") + 1] : undefined;
    const kinds = kind.toLowerCase().split(",");
    const found = this.objects.filter(
      (object) =>
        kinds.some(
          (one) => one === object["kind"].toLowerCase() || one === `${object["kind"].toLowerCase()}s`,
        ) &&
        (namespace === undefined || object["metadata"].namespace === namespace) &&
        isSelected(object["metadata"].labels ?? {}, args.includes("-l") ? args[args.indexOf("-l") + 1] : ""),
    );
    const output = args[args.indexOf("-o") + 1] ?? "json";
    const listed = name === "" || name.startsWith("-");
    if (listed) return JSON.stringify({ items: found });
    const object = found.find(({ metadata }) => metadata.name === name);
    if (output.startsWith("jsonpath")) return (object?.["managers"] ?? []).join(" ");
    if (!object) throw new KubectlError(args, `Error from server (NotFound): ${kind} "${name}" not found`);
    return JSON.stringify(object);
  }
}

/** As `key=value` and `key in (a,b)` select, joined by commas. */
function isSelected(labels: Record<string, string>, selector = ""): boolean {
  const terms = selector.match(/[^,]+ in \([^)]*\)|[^,]+/g) ?? [];
  return terms.every((term) => {
    const [, key = "", values = ""] = /^(.*?)(?:=| in \()([^)]*)\)?$/.exec(term) ?? [];
    return values.split(",").includes(labels[key] ?? "");
  });
}

function parse(input: string): any[] {
  return loadAll(input).flatMap((document: any) => (document?.kind === "List" ? document.items : [document]));
}

function label(object: ApiObject): string {
  return `${object.kind} ${object.metadata.name}`;
}
