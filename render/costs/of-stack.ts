import { wantedBackup } from "../../components/backup/settings";
import { endpointsBy, serviceOf } from "../../components/protocol/topology";
import { topologyOf } from "../../stacks/engines";
import { readConfig } from "../../stacks/config";
import type { RenderedProgram } from "../program";
import { type StackFile, withPlaces } from "../stack-file";
import { type CostEstimate, estimateCosts } from "./estimate";

/** What a rendered stack would cost a month; nothing where it is not in a cloud whose prices are known. */
export function costsOfStack(
  file: StackFile,
  { objects }: Pick<RenderedProgram, "objects">,
): CostEstimate | undefined {
  // As the program has just read it.
  const config = withPlaces(file, readConfig);
  if (config.target !== "cloud") return undefined;
  const databases = config.databases.map((database) => {
    const { name, args } = database;
    const s3 = wantedBackup(args.backup)?.destination?.s3;
    const proxies = endpointsBy(topologyOf(database), "proxy").map((proxy) => serviceOf(name, proxy));
    const backupInS3 = s3 !== undefined && s3.endpoint === undefined;
    return [name, { instances: [name, ...proxies], backupInS3 }] as const;
  });
  const region = file.config["aws:region"];
  return estimateCosts({
    objects,
    databases: Object.fromEntries(databases),
    ...(region === undefined ? {} : { region }),
  });
}
