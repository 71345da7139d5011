/** Names that are put into statements as identifiers. */
export function identifier(name: string): string {
  return `\`${name.replace(/`/g, "``")}\``;
}

/** In GRANT a database's name is a pattern, in which `_` stands for any character. */
export function pattern(database: string): string {
  return database.replace(/[_%]/g, "\\$&");
}

/** The same, as an identifier. */
export function grantPattern(database: string): string {
  return identifier(pattern(database));
}
