/** Skips a test or a suite, and says why in the output. Does not return. */
export function skip(context: Mocha.Context, why: string): never {
  console.log(`    skipped: ${why}`);
  return context.skip();
}

/** A suite of one engine. With `npm run e2e -- --engine NAME` the others' are left out. */
export function engineSuite(engine: string, title: string, body: (this: Mocha.Suite) => void): void {
  if (isWanted(engine)) describe(`${engine} ${title}`, body);
}

/** Whether what takes many minutes runs too: `npm run e2e -- --long`. */
export const isLongRun = process.env["E2E_LONG"] === "true";

/** A suite of one engine that takes many minutes. It runs with `npm run e2e -- --long` alone. */
export function longSuite(engine: string, title: string, body: (this: Mocha.Suite) => void): void {
  if (isLongRun) engineSuite(engine, title, body);
  else if (isWanted(engine)) {
    describe(`${engine} ${title}`, () => {
      it("all of it", function () {
        skip(this, "it takes many minutes; `npm run e2e -- --long` runs it");
      });
    });
  }
}

/** A suite that no engine has a part in. With `--engine` it is left out. */
export function generalSuite(title: string, body: (this: Mocha.Suite) => void): void {
  if (isWanted(undefined)) describe(title, body);
}

function isWanted(engine: string | undefined): boolean {
  const wanted = process.env["E2E_ENGINE"] ?? "";
  return wanted === "" || wanted === engine;
}
