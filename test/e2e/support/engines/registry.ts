import type { MeasuredEngine } from "./engine";
import { mysql } from "./mysql";
import { postgresql } from "./postgresql";

/** The engines that can be measured. */
export const engines: Record<string, MeasuredEngine> = { mysql, postgresql };
