import type { Notice } from "./notices";

// What is said of further users, in the same words by every engine.

/**
 * A user is left as it is for want of a password.
 * @param why - what is wrong with it; `undefined` while it has not come
 */
export function noPassword(name: string, why: string | undefined): Notice {
  return why === undefined
    ? {
        severity: "notice",
        text: `the user ${name} waits for its password, which has not come to this pod; an account that is there is left as it is`,
        advice: "deploy the stack again if that lasts longer than some minutes: it makes the Secret",
      }
    : { severity: "problem", text: `the user ${name} is left as it is: ${why}` };
}

/**
 * A user is left as it is, since its name is somebody else's.
 * @param account - what is there: `an account of this name`
 * @param statement - that by which it is handed over
 */
export function notOurs(name: string, account: string, statement: string): Notice {
  return {
    severity: "problem",
    text: `the user ${name} is left as it is: the server has ${account} that was not made by the list`,
    advice: `choose another name; or hand it over, as the administrator: ${statement}`,
  };
}

/** The agents made it, and nobody lists it any more. */
export function notListed(name: string): Notice {
  return {
    severity: "notice",
    text: `the user ${name} is not listed any more, and stays`,
    advice: "list it again; or list it with `absent: true`, and it is removed",
  };
}
