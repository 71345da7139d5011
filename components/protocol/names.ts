/** Name of the ConfigMap that says whether a cluster exists. The agent makes it, and nothing deletes it. */
export function bootstrapMarkerName(database: string): string {
  return `${database}-bootstrap`;
}

/** Name of the Lease that says who is the primary, of an engine whose agents elect. It is made with the stack. */
export function primaryLeaseName(database: string): string {
  return `${database}-primary`;
}

/** Name of the Secret that applications log in by. It is made with the stack, empty, and filled by the agents. */
export function loginSecretName(database: string): string {
  return `${database}-login`;
}

/** Name of what a database's further users have in common: the ConfigMap that lists them, and the Secret with their passwords. */
export function usersName(database: string): string {
  return `${database}-users`;
}

/** Name of the ConfigMap with the SQL that a database begins with, where there is any. */
export function initialName(database: string): string {
  return `${database}-initial`;
}

/** Name of the ConfigMap that says what a database's agents log, where the stack says anything of it. */
export function logsName(database: string): string {
  return `${database}-logs`;
}

/** Name of the ConfigMap of volumes that grow by themselves: how, and how far they are. */
export function growthName(database: string): string {
  return `${database}-growth`;
}

/** Name of the Secret that one of them logs in by: as {@link loginSecretName}. With the dot, it is no other database's. */
export function userLoginSecretName(database: string, user: string): string {
  return `${loginSecretName(database)}.${user.toLowerCase().replace(/_/g, "-")}`;
}

/** Name of the Service of one member, of an engine whose members are known by addresses that do not change with their pods. */
export function memberServiceName(database: string, ordinal: number): string {
  return `${database}-${ordinal}`;
}

/** Name of the governing Service, which gives each pod a DNS name of its own. */
export function headlessServiceName(database: string): string {
  return `${database}-headless`;
}

/** Families of addresses: a slice has those of one, and each Service has one of each. The stack does not know the cluster's. */
export const FAMILIES = ["IPv4", "IPv6"] as const;
export type Family = (typeof FAMILIES)[number];

/** Name of the EndpointSlice that a database's agents write addresses into. A name with a dot is no Service's. */
export function sliceName(service: string, family: Family): string {
  return family === "IPv4" ? service : `${service}.ipv6`;
}

/** Name of what a database's backup has one of: the ConfigMap of its settings, the CronJob of full copies, their account, its lease. */
export function backupName(database: string): string {
  return `${database}-backup`;
}

/** Name of the Secret with a generated key of a database's backups. */
export function backupKeyName(database: string): string {
  return `${database}-backup-key`;
}

/** Name of the ConfigMap that Jobs write down in what became of full copies and drills. */
export function backupReportName(database: string): string {
  return `${database}-backups`;
}

/** Name of the Deployment that makes a full copy when one is due before its time. */
export function upkeepName(database: string): string {
  return `${database}-backup-upkeep`;
}

/** Name of the CronJob that tries a restore. */
export function drillName(database: string): string {
  return `${database}-drill`;
}

/** Name of the claim template in every StatefulSet of ours. */
export const CLAIM_TEMPLATE_NAME = "data";

/** Name of a replica's claim: what a StatefulSet with a claim template `data` looks for. */
export function claimName(database: string, ordinal: number): string {
  return `${CLAIM_TEMPLATE_NAME}-${database}-${ordinal}`;
}
