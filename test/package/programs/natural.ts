import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Durability, ExposureType, MySql, PostgreSql, StatelessApp } from "stateful";

// As somebody writes it who has everything from elsewhere.
const network = new pulumi.StackReference("acme/network/prod");
const text = (name: string) => network.requireOutput(name).apply(String);
const namespace = new k8s.core.v1.Namespace("shop").metadata.name;
const retainingProvider = new k8s.Provider("retaining", { upsertExistingObjects: true });

const orders = new MySql("orders", {
  namespace,
  replicas: 3,
  storage: "20Gi",
  durability: "all",
  dataPolicy: "retain",
  settings: { max_connections: "200" },
  allowedClients: [
    { namespace: text("reports"), podLabels: { app: text("reports") } },
    { cidr: text("office") },
  ],
  tls: { dnsNames: [text("host"), "orders.example.com"] },
  zones: [text("zone")],
  labels: { team: text("team") },
  annotations: { team: text("team") },
  imagePullSecrets: [text("registrySecret")],
  exposure: { type: "loadBalancer", sourceRanges: [text("office")] },
  affinity: { spread: "preferred", nodeLabels: { pool: [text("pool")] } },
  retainingProvider,
});

const events = new PostgreSql("events", {
  namespace,
  durability: Durability.Majority,
  exposure: { type: ExposureType.None },
  tls: { existingSecret: text("certificate") },
  retainingProvider,
});

new StatelessApp("web", {
  namespace,
  image: text("image"),
  port: 8080,
  env: { LOG_LEVEL: text("level"), EVENTS_HOST: events.primaryHost },
  connection: orders.connection,
  imagePullSecrets: [text("registrySecret")],
  zones: [text("zone")],
  labels: { team: text("team") },
  annotations: { team: text("team") },
});

export const host = orders.primaryHost;
export const secretName = orders.secretName;
