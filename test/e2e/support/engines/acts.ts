/** What somebody does who has a database's account, or took it over: as arguments of kubectl, for the database `orders`. */
export type Act = [what: string, ...args: string[]];

export const patch = (object: string, body: object): string[] => [
  "patch",
  object,
  "--type=merge",
  `--patch=${JSON.stringify(body)}`,
];
export const slice = "endpointslices.discovery.k8s.io";
export const led = { endpoints: [{ addresses: ["198.18.255.255"] }] };
