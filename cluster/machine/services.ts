import { runInside } from "./machine";

/** Stopping single services of a machine that goes on running: what is held down stays down until it is let go. */

/** Kills a service by SIGKILL, and keeps it from being started again. */
export async function holdDown(machine: string, service: string): Promise<void> {
  const script = 'mkdir -p /run/held && touch "/run/held/$1" && kill -KILL "$(cat "/run/pids/$1")"';
  await runInside(machine, ["bash", "-c", script, "hold", service]);
}

/** Lets a service start again. */
export async function letGo(machine: string, service: string): Promise<void> {
  await runInside(machine, ["rm", "--force", `/run/held/${service}`]);
}
