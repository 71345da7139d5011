import { didYouMean } from "./did-you-mean";

/** Names of three letters that are time zones; others are what people call several, and no program knows them alike. */
const SHORT = ["CET", "EET", "EST", "GMT", "HST", "MET", "MST", "PRC", "ROC", "ROK", "UCT", "UTC", "WET"];

/**
 * What to do about the name of a time zone that Kubernetes would not know; nothing where it is one of IANA's.
 *
 * @see https://www.iana.org/time-zones
 */
export function timeZoneAdvice(name: string): string | undefined {
  const zones = timeZones();
  if (zones.includes(name)) return undefined;
  const other = zones.find((zone) => zone.toLowerCase() === name.toLowerCase());
  // Older names of zones are not listed, and found without regard to capitals, which Kubernetes' are with.
  if (other === undefined && isTimeZone(name) && isSpelt(name)) return undefined;
  return other === undefined
    ? (didYouMean(name, zones) ?? "write it as a region and a city, for instance Europe/Berlin")
    : `write it as ${other}: capitals count`;
}

/** The zones that are listed: of several names of one, that which it has for longest. */
export function timeZones(): string[] {
  return (Intl as unknown as { supportedValuesOf: (key: string) => string[] }).supportedValuesOf("timeZone");
}

/** Whether a name, in whatever capitals, is known for a zone. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function isSpelt(name: string): boolean {
  if (/^[A-Z]{3}$/.test(name)) return SHORT.includes(name);
  if (/^SystemV\/|^US\/Pacific-New$/.test(name)) return false;
  return name.split("/").every((part) => /^[A-Z]/.test(part) && !/^[A-Z_]{4,}$/.test(part));
}
