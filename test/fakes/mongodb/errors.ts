/** Codes of the server, as far as clients act by them. https://www.mongodb.com/docs/manual/reference/error-codes/ */
export const CODES = {
  BadValue: 2,
  NoSuchKey: 4,
  UserNotFound: 11,
  Unauthorized: 13,
  AuthenticationFailed: 18,
  AlreadyInitialized: 23,
  NamespaceNotFound: 26,
  MaxTimeMSExpired: 50,
  CommandNotFound: 59,
  WriteConcernFailed: 64,
  NodeNotFound: 74,
  InvalidReplicaSetConfig: 93,
  NotYetInitialized: 94,
  NotSecondary: 95,
  NewReplicaSetConfigurationIncompatible: 103,
  ConfigurationInProgress: 109,
  CommandFailed: 125,
  PrimarySteppedDown: 189,
  ExceededTimeLimit: 262,
  CurrentConfigNotCommittedYet: 308,
  NotWritablePrimary: 10107,
  InterruptedDueToReplStateChange: 11602,
  DuplicateKey: 11000,
  NotPrimaryNoSecondaryOk: 13435,
  NotPrimaryOrSecondary: 13436,
  UserAlreadyExists: 51003,
} as const;

export type CodeName = keyof typeof CODES;

/** What a command is refused with. */
export class CommandError extends Error {
  readonly code: number;

  constructor(
    readonly codeName: CodeName,
    message: string,
  ) {
    super(message);
    this.code = CODES[codeName];
  }
}
