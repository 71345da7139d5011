/** What agents are told of the SQL that a database begins with, and by which name they find it. */

/** File below the directory of credentials, need not be there: a list of texts, in JSON. */
export const INITIAL_FILE = "initial.json";
