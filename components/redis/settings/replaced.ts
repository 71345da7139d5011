/** Settings of older versions, as they are in many a file, and what became of them. */
export const REPLACED_SETTINGS: Readonly<Record<string, string>> = {
  "vm-enabled": "remove it: there is no virtual memory since 2.6",
  "rdb-save-incremental-fsync": "remove it: it is on",
  "lua-time-limit": "write busy-reply-threshold instead",
  "list-max-listpack-entries": "write list-max-listpack-size instead",
  "list-max-listpack-value": "write list-max-listpack-size instead",
  "io-threads-do-reads": "remove it: threads read as well",
  "dynamic-hz": "remove it: it is on",
  "lazyfree-lazy-server-del": "remove it: it is on",
  "cluster-enabled": "remove it: one primary takes all writes here",
};
