import assert from "node:assert/strict";
import { cronMistake, longestInterval } from "../../components/common/cron";
import { timeZoneAdvice } from "../../components/common/time-zone";

describe("cron", () => {
  it("takes what Kubernetes takes", () => {
    for (const text of [
      "30 2 * * *",
      "*/15 * * * *",
      "0 1-5/2 1,15 * 0",
      "5/20 * * * *",
      "0 9 ? * mon-FRI",
      "0 0 1 JAN,jul *",
      "  0\t0  29 2 * ",
      "0 0 31 2 MON",
      "@hourly",
      "@daily",
      "@midnight",
      "@weekly",
      "@monthly",
      "@yearly",
      "@annually",
    ]) {
      assert.equal(cronMistake(text), undefined, text);
    }
  });

  it("refuses what Kubernetes refuses, with what to do", () => {
    const mistakes: [string, RegExp][] = [
      ["", /like "30 2/],
      ["* * * *", /like "30 2/],
      ["0 0 2 * * *", /remove the field for seconds/],
      ["60 * * * *", /write it like \*\/15/],
      ["0 24 * * *", /write it like 8-18\/2/],
      ["0 0 0 * *", /write it like 1,15/],
      ["0 0 1 13 *", /write it like JAN-MAR/],
      ["0 0 * * 7", /Sunday as 0 or SUN/],
      ["0 0 * * SON", /write it like MON-FRI/],
      ["0 0 * MON *", /write it like JAN-MAR/],
      ["0 22-2 * * *", /two ranges: 22-23,0-2/],
      ["0 0 * * FRI-MON", /two ranges: FRI-6,0-MON/],
      ["*/0 * * * *", /a step of 1 or more/],
      ["*/a * * * *", /write it like/],
      ["*-5 * * * *", /write it like/],
      [",1 * * * *", /write it like/],
      ["1- * * * *", /write it like/],
      ["1-2-3 * * * *", /write it like/],
      ["-1 * * * *", /write it like/],
      ["0 0 L * *", /write it like/],
      ["@hourl", /did you mean "@hourly"/],
      ["@Daily", /did you mean "@daily"/],
      ["@reboot", /write it like/],
      ["@toString", /write it like/],
      ["@every 30m", /\*\/30/],
      ["TZ=Europe/Berlin 0 3 * * *", /a zone is named beside/],
      ["CRON_TZ=Europe/Berlin 0 3 * * *", /a zone is named beside/],
      ["0 0 31 2 *", /choose a day that the month has/],
      ["0 0 31 4,6 *", /choose a day that the month has/],
    ];
    for (const [text, fix] of mistakes) assert.match(cronMistake(text)?.fix ?? "taken", fix, text);
  });

  it("has a day of the month or of the week, where both are given, and both where one is left open", () => {
    const days = (text: string) => (longestInterval(text) ?? 0) / 86_400_000;
    assert.equal(days("0 0 1 * *"), 31);
    assert.equal(days("0 0 1 * 1"), 7);
    assert.equal(days("0 0 */31 * 1"), 7);
    assert.equal(days("0 0 */1 * 1"), 7);
    assert.equal(days("@weekly"), 7);
    assert.equal(longestInterval("0 0 29 2 *"), undefined);
  });
});

describe("a time zone", () => {
  it("is one that IANA has, under any of its names", () => {
    for (const zone of [
      ...["Europe/Berlin", "Asia/Kolkata", "Asia/Calcutta", "UTC", "Etc/UTC", "Etc/GMT+8", "EST5EDT"],
      ...[
        "America/Argentina/Buenos_Aires",
        "America/Port-au-Prince",
        "Australia/ACT",
        "NZ-CHAT",
        "GMT0",
        "W-SU",
      ],
    ]) {
      assert.equal(timeZoneAdvice(zone), undefined, zone);
    }
  });

  it("is nothing else that Node knows, or nobody does", () => {
    assert.match(timeZoneAdvice("europe/berlin") ?? "", /write it as Europe\/Berlin/);
    assert.match(timeZoneAdvice("Europe/Berln") ?? "", /did you mean "Europe\/Berlin"/);
    for (const zone of [
      "IST",
      "PST",
      "asia/kolkata",
      "Asia/KOLKATA",
      "Local",
      "+01:00",
      "SystemV/PST8PDT",
      "",
      "CEST",
    ]) {
      assert.ok(timeZoneAdvice(zone), zone);
    }
  });
});
