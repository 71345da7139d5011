/** Something that is not as it should be, for the person who can mend it. */
export interface Finding {
  /** What it is about: a pod, a database, an application. */
  about: string;
  /** What is wrong, as a sentence without its full stop. */
  problem: string;
  /** What to do, likewise; left out where it mends itself. */
  advice?: string;
  /** A notice makes nothing unhealthy. */
  severity: "problem" | "notice";
}

export function problem(about: string, text: string, advice?: string): Finding {
  return { about, problem: text, advice, severity: "problem" };
}

export function notice(about: string, text: string, advice?: string): Finding {
  return { about, problem: text, advice, severity: "notice" };
}

/** Findings as lines for people. One that several share is told once. */
export function describeFindings(findings: Finding[]): string {
  const groups = new Map<string, { finding: Finding; about: string[] }>();
  for (const finding of findings) {
    const key = `${finding.problem}\n${finding.advice ?? ""}`;
    const group = groups.get(key) ?? { finding, about: [] };
    if (!group.about.includes(finding.about)) group.about.push(finding.about);
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ finding, about }) => {
      const mark = finding.severity === "problem" ? "✗" : "·";
      const todo = finding.advice === undefined ? "" : `\n  to do: ${finding.advice}`;
      return `${mark} ${about.join(", ")}: ${finding.problem}${todo}`;
    })
    .join("\n");
}
