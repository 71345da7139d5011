import { request } from "node:http";
import { readBallot, type Ballot } from "./election/ballot";
import { newNonce, type Proofs, type Question } from "./proof";
import { readReport } from "./read-report";
import type { Ordinal, Report } from "./types";

/** Longest report that is read, in bytes: a member's position can be long. */
const LONGEST = 1 << 20;

/** Where a report is. */
export const REPORT_PATH = "/v1/report";

/** Where a member says what it does about the primary; asked by the primary of a term, that is added. */
export const BALLOT_PATH = "/v1/ballot";

/** Headers of a question between agents, beside its method and path. */
export const HEADER = {
  caller: "x-stateful-member",
  from: "x-stateful-address",
  nonce: "x-stateful-nonce",
  proof: "x-stateful-proof",
} as const;

/** An answer came that is not to be believed; one that does not come at all is another error. */
export class Disbelieved extends Error {}

/** A member's name to other agents. */
export function callerName(set: string, ordinal: Ordinal): string {
  return `${set}/${ordinal}`;
}

/** The member of a set that has this name; `undefined` where it is none. */
export function ordinalIn(set: string, caller: string): Ordinal | undefined {
  const ordinal = Number(caller.slice(caller.lastIndexOf("/") + 1));
  return Number.isInteger(ordinal) && caller === callerName(set, ordinal) ? ordinal : undefined;
}

/** What an agent needs to ask others. */
export interface AskerParts {
  set: string;
  self: { ordinal: Ordinal; address: string };
  /** The port that agents answer on. */
  port: number;
  /** How long an answer may take, ms. */
  within: number;
  proofs: Proofs;
  /** Whether a text that a member reports is a position of the engine's. */
  isPosition: (text: string, ordinal: Ordinal) => boolean;
}

/** Asks other members' agents, and believes those that prove to be one. */
export class Asker {
  constructor(private readonly parts: AskerParts) {}

  /**
   * The report of a member at an address. Its address is the one that it was asked at, whatever it says itself.
   * @throws Disbelieved when an answer came that is not that member's, or cannot be read.
   */
  async report(ordinal: Ordinal, at: string): Promise<Report> {
    const { set, isPosition } = this.parts;
    const body = await this.proven(REPORT_PATH, ordinal, at);
    const report = understood(() => readReport(JSON.parse(body), (text) => isPosition(text, ordinal)));
    return { ...report, set, ordinal, address: at };
  }

  /**
   * What a member at an address does about the primary.
   * @param term - asked as the primary of this term.
   * @throws Disbelieved as above.
   */
  async ballot(ordinal: Ordinal, at: string, term: number | undefined): Promise<Ballot> {
    const path = term === undefined ? BALLOT_PATH : `${BALLOT_PATH}/${term}`;
    const body = await this.proven(path, ordinal, at);
    return understood(() => readBallot(JSON.parse(body), ""));
  }

  /** What is answered, proven to be that member's. */
  private async proven(path: string, ordinal: Ordinal, at: string): Promise<string> {
    const { set, self, proofs } = this.parts;
    const question: Question = {
      method: "GET",
      path,
      caller: callerName(set, self.ordinal),
      from: self.address,
      asked: callerName(set, ordinal),
      at,
      nonce: newNonce(),
    };
    const answer = await this.send(question, await proofs.ofQuestion(question));
    if (!(await proofs.checkAnswer(question, answer.code, answer.body, answer.proof))) {
      throw new Disbelieved(
        `what answers at ${at} does not prove to be member ${ordinal}: it does not know the members' Secret, or ` +
          "the kubelet has not brought a changed one to both",
      );
    }
    if (answer.code !== 200) throw new Error(`answered ${answer.code}`);
    return answer.body;
  }

  private async send(
    { method, path, caller, from, at, nonce }: Question,
    proof: string,
  ): Promise<{ code: number; body: string; proof: string }> {
    const { port, within } = this.parts;
    return await new Promise((resolve, reject) => {
      const headers = {
        [HEADER.caller]: caller,
        [HEADER.from]: from,
        [HEADER.nonce]: nonce,
        [HEADER.proof]: proof,
      };
      const call = request(
        { host: at, port, method, path, headers, timeout: within, agent: false },
        (answer) => {
          const parts: Buffer[] = [];
          let length = 0;
          answer.on("data", (part: Buffer) => {
            length += part.length;
            if (length > LONGEST)
              call.destroy(new Disbelieved(`the answer from ${at} is longer than a report`));
            else parts.push(part);
          });
          answer.on("end", () => {
            const given = answer.headers[HEADER.proof];
            resolve({
              code: answer.statusCode ?? 0,
              body: Buffer.concat(parts).toString("utf8"),
              proof: typeof given === "string" ? given : "",
            });
          });
          answer.on("error", reject);
        },
      );
      const deadline = setTimeout(() => call.destroy(new Error("timeout")), within);
      call.on("close", () => {
        clearTimeout(deadline);
      });
      call.on("error", reject);
      call.end();
    });
  }
}

function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Disbelieved(`cannot be understood: ${error instanceof Error ? error.message : String(error)}`);
  }
}
