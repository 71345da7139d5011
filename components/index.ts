// The library: components that run stateful databases on Kubernetes. What a room's index exports is public; the reference has a
// page for each.
export * from "./agents";
export * from "./application";
export * from "./backup";
export * from "./common";
export * from "./credentials";
export * from "./database";
export * from "./monitoring";
export * from "./network";
export * from "./node-agents";
export * from "./storage";
export * from "./tls";

// The engines, a line each.
export * from "./mysql";
export * from "./postgresql";
export * from "./cassandra";
export * from "./mongodb";
export * from "./redis";
