/**
 * A value for an option file, such that the server reads what is written here: it would take `#` for a comment, `\t` for
 * a tab, and would lose quotes and blanks at the ends.
 *
 * @see https://dev.mysql.com/doc/refman/8.4/en/option-files.html
 */
export function optionFileValue(value: string): string {
  if (/^[\w.,:;+/=@*()%-]*$/.test(value)) return value;
  return `"${value.replace(/["\\]/g, "\\$&").replace(/\t/g, "\\t")}"`;
}
