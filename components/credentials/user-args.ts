import type * as pulumi from "@pulumi/pulumi";

/** What a user may do in a database. */
export enum Grant {
  /** Nothing any more. */
  None = "none",
  /** Read it. */
  Read = "read",
  /** Read and write its rows. */
  Write = "write",
  /** That, and make tables and the like of its own. Where an engine knows owners, what belongs to another one stays his to change. */
  All = "all",
}

/** A user beside the application's, with a Secret of its own. */
export interface UserArgs {
  /**
   * What it may do, by the name of a database: `database`, or one of `databases`. Of one that is not named, nothing is changed:
   * `none` takes a right away. @default nothing
   */
  grants?: Record<string, Grant>;
  /**
   * Whether it may make users and databases, and has the rights of those to whom the databases belong: for tools that manage a server from
   * elsewhere. It is no superuser: it can neither end the server nor run programs beside it. @default false
   */
  administrator?: boolean;
  /** Its password, a secret. @default generated */
  password?: pulumi.Input<string>;
  /** Any text; another one makes a new password. The one before stays valid until the next rotation. @default "1" */
  passwordRotation?: string;
  /**
   * Whether it is removed from the server. Who is merely not listed any more stays there, with what it may do. @default false
   */
  absent?: boolean;
}

/** A database beside the application's, in the same server. Nothing ever removes it but SQL. */
export interface MoreDatabaseArgs {
  /** User that it belongs to: `username`, or one of `users`. @default whom it belongs to; for a new one, `username` */
  owner?: string;
}
