import { faultNamed } from "./faults";
import { type Aim, aims, type Round, type Strike } from "./scenario";

/** A round in one line, as it is printed and as `--round` takes it: `disk-lost@main,node-stopped@same+3`. */
export function roundText({ strikes }: Round): string {
  return strikes
    .map(
      ({ fault, aim, afterSeconds }, index) =>
        fault + (aim === undefined ? "" : `@${aim}`) + (index === 0 ? "" : `+${afterSeconds}`),
    )
    .join(",");
}

/** The round of such a line, or what is wrong with it. */
export function parseRound(text: string): Round | string {
  const strikes = text.split(",").map((part, index) => parseStrike(part.trim(), index));
  const mistake = strikes.find((strike) => typeof strike === "string");
  if (mistake !== undefined) return mistake;
  const [first, second, third] = strikes as Strike[];
  if (first === undefined || third !== undefined) return `a round has one or two faults: ${text}`;
  return { strikes: second === undefined ? [first] : [first, second], calmSeconds: 5 };
}

function parseStrike(text: string, index: number): Strike | string {
  const [, name = "", aim, after] = /^([a-z-]+)(?:@([a-z0-9-]+))?(?:\+(\d+))?$/.exec(text) ?? [];
  const fault = faultNamed(name);
  if (fault === undefined) return `there is no fault \`${text}\``;
  if (aim !== undefined && !fault.aimed) return `${name} is aimed at no member`;
  if (aim !== undefined && !(aims as readonly string[]).includes(aim))
    return `a fault is aimed at ${aims.join(", ")}, not at \`${aim}\``;
  if (aim === "same" && index === 0) return "the first fault of a round cannot be aimed at `same`";
  return {
    fault: name,
    ...(fault.aimed ? { aim: (aim as Aim | undefined) ?? "main" } : {}),
    afterSeconds: index === 0 ? 0 : Number(after ?? 1),
  };
}
