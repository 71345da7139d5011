/** The names by which clients are led to a database's servers, as its component puts them out. */
export function clientHosts(database: string, namespace: string): string[] {
  return [database, `${database}-replicas`].map((service) => serviceHost(service, namespace));
}

/** The name of a Service, within its cluster. */
export function serviceHost(service: string, namespace: string): string {
  return `${service}.${namespace}.svc`;
}
