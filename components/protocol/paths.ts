/** Where the Secrets and the names of user and database are mounted. */
export const CREDENTIALS_PATH = "/etc/stateful/credentials";
/** Where the servers' certificate is mounted. */
export const TLS_PATH = "/etc/stateful/tls";
/** Where what a component asks of its servers is mounted. */
export const CONFIG_PATH = "/etc/stateful/config";
/** Where agent and script share what is to be done. */
export const CONTROL_PATH = "/run/stateful";
/** Where what an agent needs for backups is mounted: see `BACKUP_FILES`. */
export const BACKUP_PATH = "/etc/stateful/backup";
/** Where the account is mounted by which a database's source is copied, and its authority: see `SOURCE_FILES`. */
export const SOURCE_PATH = "/etc/stateful/source";
/** Where the volume is mounted that backups are kept on. */
export const BACKUP_VOLUME = "/var/lib/stateful-backup";
/** Where the program restic is, in pods that have it. */
export const RESTIC_PATH = "/opt/restic";
