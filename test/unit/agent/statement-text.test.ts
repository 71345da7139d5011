import assert from "node:assert/strict";
import { type Dialect, withoutValues } from "../../../agent/core/statement-text";

const SQL: Dialect = { dollarQuotes: true, nestedComments: true };

describe("a statement without its values", () => {
  const cases: [what: string, statement: string, shown: string, dialect?: Dialect][] = [
    ["texts", "SELECT * FROM t WHERE a = 'secret' AND b='it''s'", "SELECT * FROM t WHERE a = ? AND b=?"],
    ["numbers", "SELECT 1, -2.5e+10, .5, 0xFF, t1.c2 FROM t1", "SELECT ?, -?, ?, ?, t1.c2 FROM t1"],
    ["placeholders stay", "SELECT $1, $23", "SELECT $1, $23"],
    ["a password", "ALTER ROLE x PASSWORD 'hush'", "ALTER ROLE x PASSWORD ?"],
    ["names stay", 'SELECT "My ""Col""" FROM a$b$', 'SELECT "My ""Col""" FROM a$b$'],
    ["dollar quotes", "SELECT $$secret's$$, $x$a $$ secret$x$ FROM t", "SELECT ?, ? FROM t"],
    ["an identifier that begins with a letter", "x = a23e4567-e89b-12d3-a456-426614174000", "x = ?"],
    ["casts", "SELECT 'x'::text, :name", "SELECT ?::text, :name"],
    ["comments", "SELECT /* secret /* ' */ */ 1 -- secret '\nFROM t", "SELECT ? FROM t"],
    ["lines and blanks", "SELECT\n\t  a\nFROM   t", "SELECT a FROM t"],
    [
      "letters of other scripts",
      "SELECT имя FROM таблица WHERE x = 'тайна'",
      "SELECT имя FROM таблица WHERE x = ?",
    ],
    ["characters of none", "SELECT 🙂 'secret'", "SELECT 🙂 ?"],
    [
      "a comment to the end of the line",
      "SELECT a // secret '\nFROM t",
      "SELECT a FROM t",
      { slashComments: true },
    ],
  ];
  for (const [what, statement, shown, dialect] of cases) {
    it(`has ${what}`, () => {
      assert.equal(withoutValues(statement, dialect ?? SQL), shown);
    });
  }

  const unsure: [what: string, statement: string, shown: string][] = [
    // By the server's settings this is one text, or two and what is between them.
    ["a backslash in a text", "SELECT 'a\\', secret, 'b'", "SELECT …"],
    ["a text that was cut off", "INSERT INTO t VALUES ('secr", "INSERT INTO t VALUES (…"],
    ["a name that was cut off", 'SELECT "secr', "SELECT …"],
    ["a dollar quote that was cut off", "DO $x$ secret", "DO …"],
    ["a comment that was cut off", "SELECT 1 /* secret", "SELECT ?"],
  ];
  for (const [what, statement, shown] of unsure) {
    it(`ends at ${what}`, () => {
      assert.equal(withoutValues(statement, SQL), shown);
    });
  }

  it("has an end", () => {
    const text = withoutValues(`SELECT ${"column_name, ".repeat(1000)}x`);
    assert.equal(text.length, 2001);
    assert.ok(text.endsWith("…"));
  });

  it("never has what is quoted, whatever stands around it", () => {
    // All ways to put four of these in a row.
    const pieces = ["'", "''", '"', "--", "/*", "*/", "$$", "$a$", "\n", "\\", " x "];
    let tried = 0;
    for (let number = 0; number < pieces.length ** 4; number++) {
      const chosen = [0, 1, 2, 3].map(
        (place) => pieces[Math.floor(number / pieces.length ** place) % pieces.length],
      );
      const statement = `${chosen.slice(0, 2).join("")} ${chosen.slice(2).join("")}`;
      // What is a text for certain, wherever it stands outside of others.
      if (withoutValues(statement, SQL).includes("…") || !balanced(statement)) continue;
      tried++;
      assert.doesNotMatch(withoutValues(`${statement}\n 'SECRET'`, SQL), /SECRET/, JSON.stringify(statement));
    }
    assert.ok(tried > 100, String(tried));
  });
});

/** Whether nothing is open at its end, told by what comes after it being shown. */
function balanced(statement: string): boolean {
  return withoutValues(`${statement}\n marker`, SQL).endsWith("marker");
}
