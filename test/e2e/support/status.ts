import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { checkout } from "../../../cluster/layout";
import { kubeconfig, kubectlProgram } from "./cluster/cluster";

/** What the product says about a stack. */
export interface Said {
  /** Whether all is well. */
  healthy: boolean;
  text: string;
}

/** Runs `npm run status` for a stack, as its user would. @throws Error if it fails otherwise than by bad news */
export async function status(stackFile: string): Promise<Said> {
  const env = userEnvironment();
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(checkout, "bin", "stateful.js"), "status", "--stack", stackFile],
      { env },
      (error, text, said) => {
        if (error !== null && (error.code !== 1 || text === "")) reject(new Error(said || error.message));
        else resolve({ healthy: error === null, text });
      },
    );
  });
}

/** In which a user types commands for the cluster of the tests. */
export function userEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, KUBECONFIG: kubeconfig, PATH: pathWithKubectl() };
}

function pathWithKubectl(): string {
  const path = process.env["PATH"] ?? "";
  return kubectlProgram.includes("/") ? `${dirname(kubectlProgram)}:${path}` : path;
}
