import type { Notice } from "../core/notices";

/** The versions of Patroni that the agent was run with: it relies on what their REST API and their settings are like. */
const TRIED = ["4.0", "4.1"];

/** What is said of a Patroni that the agent was not run with: an image's tag may have moved to it. */
export function versionNotice(version: string | undefined): Notice | undefined {
  const [, minor] = /^(\d+\.\d+)(?:\D|$)/.exec(version ?? "") ?? [];
  if (version === undefined || (minor !== undefined && TRIED.includes(minor))) return undefined;
  return {
    severity: "notice",
    text: `Patroni ${version} runs, and the agent was tried with ${TRIED.join(" and ")} alone`,
    advice:
      "pin an image with one of these by its digest (image: …@sha256:…), or try this one before it serves",
  };
}

/** Somebody has told Patroni to leave everything as it is, and may have forgotten it. */
export const PAUSED: Notice = {
  severity: "problem",
  text: "Patroni is paused: nobody takes over from a lost primary",
  advice: "patronictl resume, in the container of the server",
};
