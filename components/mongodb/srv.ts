import { headlessServiceName } from "../protocol/names";

/**
 * A connection string by the members' SRV records, which Kubernetes keeps: their names are looked up when a client starts, so that it need not
 * be changed with the number of members.
 *
 * @param connectionString - with every member
 * @see https://www.mongodb.com/docs/manual/reference/connection-string/#srv-connection-format
 */
export function srvConnectionString(connectionString: string, name: string, namespace: string): string {
  // No driver looks for it with the ends that a pod's system tries.
  const host = `${headlessServiceName(name)}.${namespace}.svc.cluster.local`;
  const text = connectionString.replace(/^mongodb:\/\/([^@]*)@[^/]*/, `mongodb+srv://$1@${host}`);
  // In this form it is on by default.
  return /[?&]tls=/.test(text) ? text : `${text}&tls=false`;
}
