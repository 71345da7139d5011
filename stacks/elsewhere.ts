/** What people look for in a stack file by the names that others have for it, and where it is here, or that there is none. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ingress:
    "there is none: write an Ingress of your own to the application's Service, or use `exposure` for a load balancer",
  roles: "write them as `users: { <user>: { grants: { <database>: read } } }`",
  grants: "write them with each user: `users: { <user>: { grants: { <database>: read } } }`",
  readReplicas:
    "there are none that do not vote: every one of `replicas` serves reads, by the Service <name>-replicas",
  maintenanceWindow: "there is none: pods are replaced when you deploy, one after the other",
  pause: "write it as `paused: true`",
  stopped: "write it as `paused: true`",
  suspend: "write it as `paused: true`",
  hibernate: "write it as `paused: true`",
  hibernation: "write it as `paused: true`",
  cron: "of an application, write it as `schedule: { cron: … }`; of a backup, as `backup: { schedule: { cron: … } }`",
  cronJob: "of an application, write it as `schedule: { cron: … }`",
  timeZone: "of an application with a schedule, write it as `schedule: { cron: …, timeZone: … }`",
  restartPolicy:
    "an application with a schedule is tried again as often as `schedule: { cron: …, retries: … }` says",
  backoffLimit: "write it as `schedule: { cron: …, retries: … }`",
  startingDeadlineSeconds: "write it as `schedule: { cron: …, startingDeadline: 10m }`",
  activeDeadlineSeconds: "write it as `schedule: { cron: …, activeDeadline: 2h }`",
  successfulJobsHistoryLimit: "write it as `schedule: { cron: …, history: { succeeded: … } }`",
  failedJobsHistoryLimit: "write it as `schedule: { cron: …, history: { failed: … } }`",
  priorityClassName: "write it as `pod: { priorityClassName: … }`",
  priorityClass: "write it as `pod: { priorityClassName: … }`",
  runtimeClassName: "write it as `pod: { runtimeClassName: … }`",
  schedulerName: "write it as `pod: { schedulerName: … }`",
  sidecars: "write them as `pod: { sidecars: [{ name, image }] }`",
  extraContainers: "write them as `pod: { sidecars: [{ name, image }] }`",
  initContainers:
    "an application has them, a database has none; in a program, Pulumi's `transforms` can add containers",
  extraVolumes: "write them as `pod: { volumes: [{ name, configMap }], mounts: [{ volume, path }] }`",
  extraVolumeMounts: "write them as `pod: { mounts: [{ volume, path }] }`",
  extraEnv: "write it as `pod: { env: { NAME: value } }`",
  podLabels: "write them as `pod: { labels: { … } }`",
  podAnnotations: "write them as `pod: { annotations: { … } }`",
  nodeSelector: "write it as `affinity: { nodeLabels: { key: [value] } }`",
  topologySpreadConstraints: "replicas are spread over zones anyway; name the zones in `zones`",
  serviceAccountName:
    "there is none: each database has an account of its own, with rights on its own objects alone; a cloud's role for it stands in `serviceAccountAnnotations`",
  initdbScripts: "there are none yet: run your schema from the application, or from a Job of your own",
  initScripts: "there are none yet: run your schema from the application, or from a Job of your own",
  persistence: "write the size as `storage: 20Gi`; every replica has a volume",
  size: "write it as `storage: 20Gi`",
  volumeSize: "write it as `storage: 20Gi`",
  requests: "write them as `resources: { cpu, memory }`; memory is the limit as well",
  limits: "write them as `resources: { cpuLimit, memory }`; memory is reserved as well",
  cpu: "write it as `resources: { cpu: 500m }`",
  memory: "write it as `resources: { memory: 2Gi }`",
  auth: "passwords are generated; set your own by `pulumi config set --secret --path`, below stateful:passwords",
  primary: "all members are alike: who is primary, they decide; write what is meant for it one level up",
  global:
    "there is none: a registry and its pull secrets stand in `stateful:images`; all else, write for each database",
  registry: "write it as `stateful:images: { registry: … }`, for all of the stack",
  imageRegistry: "write it as `stateful:images: { registry: … }`, for all of the stack",
  pullSecrets:
    "write it as `stateful:images: { pullSecrets: […] }` for all of the stack, or as `imagePullSecrets` here",
};

/** What to do about a key that is not there by this name; undefined where nothing is known of it. */
export function elsewhere(key: string): string | undefined {
  return Object.hasOwn(ELSEWHERE, key) ? ELSEWHERE[key] : undefined;
}
