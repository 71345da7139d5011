/** What can be switched off, to see that it is needed. */
export interface Rules {
  /** Who votes has ended what receives the log. */
  cut: boolean;
  /** Without the file of authorities nothing new receives it. */
  trust: boolean;
  /** Members are trusted again only when the server goes by who leads now. */
  goesBy: boolean;
  /** Who acknowledges commits can be changed no more by who read it before. */
  freeze: boolean;
  /** The lock is taken away only at the version that was read. */
  compare: boolean;
  /** Patroni's lock can be void at all before it runs out. */
  voids: boolean;
}

export const ALL: Rules = {
  cut: true,
  trust: true,
  goesBy: true,
  freeze: true,
  compare: true,
  voids: true,
};
