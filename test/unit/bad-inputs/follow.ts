import { type BadInput, database, ORDERS } from "./stacks";

const FOLLOW = `${ORDERS}.follow`;
const source = { host: "orders.a.example", credentials: { existingSecret: "source" } };
const copy = (more: object, beside: object = {}) =>
  database({ engine: "postgresql", follow: { ...source, ...more }, ...beside });
const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/** Mistakes of a database that follows another one. */
export const BAD_FOLLOWS: BadInput[] = [
  ["a source by its address", copy({ host: "10.0.0.7" }), `${FOLLOW}.host`, /name the Service/],
  ["a source with a scheme", copy({ host: "postgresql://a.example" }), `${FOLLOW}.host`, /name the Service/],
  ["a source's port that cannot be", copy({ port: 70_000 }), `${FOLLOW}.port`, /correct it/],
  [
    "a source's account in place of its Secret",
    copy({ credentials: { existingSecret: "user:password" } }),
    `${FOLLOW}.credentials.existingSecret`,
    /correct the name/,
  ],
  [
    "a source's authority twice",
    copy({ ca: CERTIFICATE, caSecret: "ca" }),
    `${FOLLOW}.caSecret`,
    /one of both/,
  ],
  ["a path in place of an authority", copy({ ca: "/etc/ca.crt" }), `${FOLLOW}.ca`, /kubectl get secret/],
  ["a slot that cannot be", copy({ slot: "Copy-1" }), `${FOLLOW}.slot`, /correct it/],
  [
    "a copy that begins with a backup as well",
    copy({}, { restoreFrom: { database: "shop" } }),
    `${ORDERS}.restoreFrom`,
    /promoted/,
  ],
  ["users of a copy's own", copy({}, { users: { reader: {} } }), `${ORDERS}.users`, /promoted/],
  ["databases of a copy's own", copy({}, { databases: { more: {} } }), `${ORDERS}.databases`, /promoted/],
  [
    "a backup of a copy",
    copy({}, { backup: { destination: { volume: { claim: "backups" } } } }),
    `${ORDERS}.backup`,
    /enabled: false/,
  ],
  [
    "writes from outside to a copy",
    copy({}, { exposure: { type: "nodePort" } }),
    `${ORDERS}.exposure`,
    /promoted/,
  ],
  [
    "a copy whose members verify nobody",
    copy({}, { tls: { verifyMembers: false } }),
    `${ORDERS}.tls.verifyMembers`,
    /remove it/,
  ],
  [
    "a copy of an engine that cannot follow",
    database({ engine: "mysql", follow: source }),
    FOLLOW,
    /restoreFrom/,
  ],
  [
    "a slot of a follower called like a member's own",
    database({ engine: "postgresql", followerSlots: ["orders_0"] }),
    `${ORDERS}.followerSlots[0]`,
    /follow.slot/,
  ],
];
