import type { Refusal } from "../core/types";

/** How much of it is passed on, in characters. */
const LONGEST = 400;

/** A message of the server's, whatever `log_line_prefix` puts before it. */
const MESSAGE = /(?:^|\s)(PANIC|FATAL|ERROR|LOG|DETAIL|CONTEXT|HINT): {2}(.*)$/;

/** A server that has said this has started. */
const STARTED = /database system is ready to accept/;

/** What a server tells clients, also one that is about to start. */
const TO_CLIENTS = [
  /the database system is/,
  /authentication failed/,
  /no pg_hba\.conf entry/,
  /terminating connection/,
  /canceling|remaining connection slots|too many clients/,
  /(role|database) ".*" (does not exist|is not permitted to log in)/,
  /terminating (walreceiver|walsender|background worker|logical replication)/,
  /could not (receive data from|send data to) (WAL stream|client)/,
  /connection to client|(from|to) client\b|client certificate|startup packet|frontend protocol/,
  /expected .* (response|message)|invalid value for parameter "client_encoding"|start walsender/,
  /streaming replication|replication slot|could not connect to the primary/i,
];

/** The server has read its files, and what is in them cannot be. */
const BROKEN = [
  /incorrect checksum in control file/,
  /could not locate a valid checkpoint record/,
  /invalid (primary )?checkpoint record/,
  /invalid (checkpoint|resource manager ID in checkpoint)/,
  /invalid page in block/,
  /page verification failed/,
  /WAL contains references to invalid pages/,
  /could not read block .*: read only \d+ of \d+ bytes/,
  /invalid data in file/,
  /control file contains invalid/,
];

/** Settings that no server starts with. */
const SETTINGS = [
  /configuration file ".*" contains errors/,
  /could not load .*(pg_hba|pg_ident)\.conf/,
  /invalid value for parameter/,
  /unrecognized configuration parameter/,
  /is outside the valid range for parameter/,
  /could not access file ".*": No such file or directory/,
  /could not map anonymous shared memory|could not create shared memory/,
  /huge pages/,
];

interface Message {
  level: string;
  text: string;
}

/**
 * Why a server does not start, from its log. Broken data is only what it calls so: an older or a newer version, a missing
 * right or a full disk is none.
 */
export function refusalFrom(log: string): Refusal | undefined {
  const messages = log.split("\n").flatMap((line): Message[] => {
    const [, level, text] = MESSAGE.exec(line.trimEnd()) ?? [];
    return level === undefined || text === undefined ? [] : [{ level, text }];
  });
  const told = messages.slice(messages.findLastIndex(({ text }) => STARTED.test(text)) + 1);
  const at = told.findLastIndex(
    ({ level, text }) => ["PANIC", "FATAL"].includes(level) && !TO_CLIENTS.some((one) => one.test(text)),
  );
  const last = told[at];
  if (last === undefined) return undefined;
  const reason = reasonBefore(told, at);
  const all = [last, ...(reason ? [reason] : []), ...detailAfter(told, at)].map(({ text }) => text);
  const words = all.join("; ").slice(0, LONGEST);
  const said = (patterns: readonly RegExp[]): boolean =>
    all.some((text) => patterns.some((one) => one.test(text)));
  if (said(BROKEN)) return { words, blames: "data" };
  return said(SETTINGS) ? { words, blames: "settings" } : { words };
}

/** What is wrong with a file of settings the server says just before, at a level of its own. */
function reasonBefore(told: readonly Message[], at: number): Message | undefined {
  const before = told.slice(0, at).findLast(({ level }) => level === "LOG" || level === "ERROR");
  return before && /invalid|unrecognized|parameter|syntax error|cannot|must|outside/.test(before.text)
    ? before
    : undefined;
}

function detailAfter(told: readonly Message[], at: number): Message[] {
  const after = told[at + 1];
  return after?.level === "DETAIL" ? [after] : [];
}
