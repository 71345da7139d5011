import type { Step } from "./step";
import { type ElectionWorld, electorate } from "./world";
import { type Lease, released, type StoredLease, taken } from "./lease";

/** The lease as a step writes it; `undefined` for a step that concerns the server alone. */
export function leaseAfter(step: Step, stored: StoredLease, world: ElectionWorld): Lease | undefined {
  const lease = withoutVersion(stored);
  const { self } = world;
  switch (step.kind) {
    case "resize":
      return { ...lease, size: step.size };
    case "take":
      return taken(stored, self, { term: step.term, position: step.position, size: electorate(world) });
    case "release":
      return released(stored);
    case "touch":
      return lease;
    case "reclaim":
      return { ...lease, term: step.term, holder: self, former: [{ ordinal: self, term: step.term }] };
    default:
      return undefined;
  }
}

function withoutVersion(stored: StoredLease): Lease {
  const lease: Lease & { version?: string } = { ...stored };
  delete lease.version;
  return lease;
}
