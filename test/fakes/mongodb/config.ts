import { CommandError } from "./errors";
import type { Doc } from "./store";

/** A member in a replica set's configuration. https://www.mongodb.com/docs/manual/reference/replica-configuration/ */
export interface ConfigMember {
  _id: number;
  host: string;
  priority: number;
  votes: number;
  /** It was added and has not synced yet: it has no vote until then (since 5.0). */
  newlyAdded?: true;
}

export interface Config {
  _id: string;
  version: number;
  /** Of the primary that installed it; -1: it was forced. */
  term: number;
  members: ConfigMember[];
  settings: Doc;
}

/** The largest sets. https://www.mongodb.com/docs/manual/reference/limits/#replica-sets */
const MOST_MEMBERS = 50;
const MOST_VOTES = 7;

const invalid = (message: string): CommandError => new CommandError("InvalidReplicaSetConfig", message);

/** Reads what somebody sent. @throws CommandError for one that no server takes */
export function readConfig(given: Doc, setName: string): Config {
  const { _id, version = 1, term = -1, members = [], settings = {} } = given;
  if (_id !== setName)
    throw invalid(`Rejecting initiate with a set name that differs from command line set name: ${setName}`);
  const read = (members as Doc[]).map((one): ConfigMember => {
    const { _id: id, host, priority = 1, votes = 1, newlyAdded } = one;
    if (one["arbiterOnly"] === true || one["hidden"] === true)
      throw invalid("this server has neither arbiters nor hidden members");
    if (votes === 0 && priority !== 0) throw invalid("priority must be 0 when non-voting (votes:0)");
    return { _id: Number(id), host, priority, votes, ...(newlyAdded === true ? { newlyAdded: true } : {}) };
  });
  const distinct = (values: unknown[]): boolean => new Set(values).size === values.length;
  if (!distinct(read.map((one) => one._id)))
    throw invalid("Found two member configurations with same _id field");
  if (!distinct(read.map((one) => one.host)))
    throw invalid("Found two member configurations with same host field");
  if (read.length === 0 || read.length > MOST_MEMBERS) throw invalid("Must specify between 1 and 50 members");
  if (read.filter(({ votes }) => votes > 0).length > MOST_VOTES)
    throw invalid("Replica set configuration contains more than 7 voting members");
  if (!read.some(({ priority, votes }) => priority > 0 && votes > 0))
    throw invalid("Replica set configuration must contain at least one non-arbiter member with priority > 0");
  return { _id, version: Number(version), term: Number(term), members: read, settings };
}

export function isVoter(member: ConfigMember): boolean {
  return member.votes > 0 && member.newlyAdded !== true;
}

export function votersOf(config: Config): ConfigMember[] {
  return config.members.filter(isVoter);
}

export function majorityOf(config: Config): number {
  return Math.floor(votersOf(config).length / 2) + 1;
}

/** Whether one is newer: by term and version; where one was forced, by version alone. */
export function isNewer(
  one: Pick<Config, "version" | "term">,
  than: Pick<Config, "version" | "term">,
): boolean {
  if (one.term !== than.term && one.term !== -1 && than.term !== -1) return one.term > than.term;
  return one.version > than.version;
}

/**
 * What a reconfiguration without `force` may change: one voting member, and the version by growing.
 * https://www.mongodb.com/docs/manual/reference/method/rs.reconfig/#reconfiguration-can-add-or-remove-no-more-than-one-voting-member-at-a-time
 */
export function checkSafe(from: Config, to: Config): void {
  const votersIn = (config: Config): Set<string> =>
    new Set(config.members.filter(({ votes }) => votes > 0).map(({ host }) => host));
  const [before, after] = [votersIn(from), votersIn(to)];
  const changes = [...before, ...after].filter((host) => before.has(host) !== after.has(host));
  if (changes.length > 1)
    throw new CommandError(
      "NewReplicaSetConfigurationIncompatible",
      "Non force replica set reconfig can only add or remove at most 1 voting member.",
    );
  checkIdentities(from, to);
}

/** A name keeps its `_id`, and the version grows. */
export function checkIdentities(from: Config, to: Config): void {
  const incompatible = (message: string): CommandError =>
    new CommandError("NewReplicaSetConfigurationIncompatible", message);
  if (to.version <= from.version)
    throw incompatible(
      `New replica set configuration version must be greater than old, but ${to.version} is not greater than ${from.version}`,
    );
  for (const member of to.members) {
    const same = from.members.find(({ host }) => host === member.host);
    if (same && same._id !== member._id)
      throw incompatible(
        `New and old configurations both have members with host of ${member.host} but different _id`,
      );
  }
}

/** As `replSetGetConfig` shows it: what is newly added is not shown. */
export function shownConfig(config: Config): Doc {
  return {
    ...config,
    protocolVersion: 1,
    writeConcernMajorityJournalDefault: true,
    members: config.members.map(({ _id, host, priority, votes }) => ({
      _id,
      host,
      priority,
      votes,
      arbiterOnly: false,
      buildIndexes: true,
      hidden: false,
      secondaryDelaySecs: 0,
      tags: {},
    })),
    settings: {
      chainingAllowed: true,
      heartbeatIntervalMillis: 2_000,
      heartbeatTimeoutSecs: 10,
      electionTimeoutMillis: 10_000,
      catchUpTimeoutMillis: -1,
      ...config.settings,
    },
  };
}
