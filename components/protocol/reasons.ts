/**
 * What a member is doing or waiting for, as identifiers: the agent shows one beside its sentence for people, and other
 * programs go by the identifier alone. Each is listed with what to do in docs/states.md.
 */
export const REASONS = [
  // It does something.
  "Serving",
  "Following",
  "SourceUnreachable",
  "Fenced",
  "StartingServer",
  "Bootstrapping",
  "Restoring",
  "Joining",
  "Copying",
  "SettingDataAside",
  "LeavingCluster",
  "ReturningRight",
  "BindingChoice",
  "OpeningAlone",
  "AttemptFailed",
  // It waits for its own server or volume.
  "Stopping",
  "ServerStarting",
  "ServerDoesNotStart",
  "CopyDoesNotStart",
  "FewCopies",
  "VolumeFull",
  "VolumeHangs",
  // It waits for its cluster.
  "CatchingUp",
  "NoQuorum",
  "NoPrimary",
  "NotInCluster",
  "AwaitsMajority",
  "WaitsForTurn",
  "WaitsForRepair",
  "LockedOut",
  "FormerSelfCounted",
  "PositionsUnknown",
  "Diverging",
  "NoDonor",
  "ScaledIn",
  // It waits for a bootstrap.
  "ApiServerUnreachable",
  "BootstrapUnconfirmed",
  "SizeUnknown",
  "MembersMissing",
  "ServersNotUp",
  "WaitsForBootstrap",
  "WaitsForHolder",
  "HolderSilent",
  "WaitsForChosen",
  "TooFewMembers",
  "LastMembersMissing",
  "WaitsForMissing",
  "DataGrownApart",
  "DataDoesNotFit",
  "NoDataFound",
  "NoDataLeft",
  "NoPrimaryForLong",
  "RestoreFailed",
  "ForeignDisk",
] as const;

/** One of them. */
export type Reason = (typeof REASONS)[number];

/** Whether a text is one of them: an agent of another version may write another. */
export function isReason(text: string): text is Reason {
  return (REASONS as readonly string[]).includes(text);
}
