import assert from "node:assert/strict";
import { ALERTS } from "../../../components/monitoring/alerts";
import { rulesFor, rulesForAll, type RuleGroup } from "../../../components/monitoring/rules";
import { judged, needsPromtool } from "./promtool";

const DAY = 86_400;

/** Of the database `orders` that should have three members, as Prometheus' tests write series down: one figure in 15 s. */
const of = (figure: string, values: string, labels = "", pod = "orders-0") => ({
  series: `${figure}{namespace="shop",database="orders",pod="${pod}"${labels === "" ? "" : `,${labels}`}}`,
  values,
});
const primary = (pod: string, values: string) => of("stateful_role", values, 'role="primary"', pod);
const ready = (pod: string, values: string) => of("stateful_ready", values, "", pod);
const reason = (name: string, values: string) => of("stateful_reason", values, `reason="${name}"`);
const notice = (about: string, values: string) =>
  of("stateful_notice", values, `about="${about}",severity="problem"`);

interface Case {
  series: ReturnType<typeof of>[];
  /** When it is asked, and how many then fire. */
  firing: Record<string, number>;
}

/** For each alert: what makes it fire, that it does so no earlier than it should, and that it goes again. */
const CASES: Record<string, Case[]> = {
  StatefulNoPrimary: [
    { series: [primary("orders-0", "1x8 0x12 1x20")], firing: { "1m45s": 0, "3m30s": 1, "6m": 0 } },
    // Nobody is reached any more: the last figures are marked as stale.
    { series: [primary("orders-0", "1x8 stale")], firing: { "2m": 0, "3m45s": 1, "70m": 1 } },
    { series: [], firing: { "30s": 0, "90s": 1 } },
  ],
  StatefulTwoPrimaries: [
    {
      series: [primary("orders-0", "1x40"), primary("orders-1", "0x8 1x8 0x20")],
      firing: { "2m45s": 0, "3m30s": 1, "5m": 0 },
    },
  ],
  StatefulNoQuorum: [
    {
      series: [of("stateful_state", "0x4 1x8 0x10", 'state="blocked"')],
      firing: { "1m": 0, "2m30s": 1, "5m": 0 },
    },
    { series: [reason("NoQuorum", "1x8 stale")], firing: { "1m15s": 1, "4m": 0 } },
  ],
  StatefulReplicaLost: [
    {
      series: [ready("orders-0", "1x100"), ready("orders-1", "1x100"), ready("orders-2", "1x4 0x50 1x40")],
      firing: { "10m": 0, "12m": 1, "15m": 0 },
    },
    {
      series: [ready("orders-0", "1x100"), ready("orders-1", "1x4 stale"), ready("orders-2", "1x4 stale")],
      firing: { "12m": 1 },
    },
  ],
  StatefulReplicaLagging: [
    { series: [of("stateful_lag_seconds", "0x4 90x30 3x10")], firing: { "5m": 0, "7m": 1, "10m": 0 } },
    { series: [of("stateful_lag_seconds", "50x60")], firing: { "10m": 0 } },
  ],
  StatefulVolumeFilling: [
    {
      series: [
        of("stateful_volume_size_bytes", "100x60"),
        of("stateful_volume_available_bytes", "20x8 14x30 30x20"),
      ],
      firing: { "4m": 0, "8m": 1, "11m": 0 },
    },
  ],
  StatefulVolumeGrowthEnded: [
    {
      series: [
        of("stateful_volume_size_bytes", "100x80"),
        of("stateful_volume_available_bytes", "15x80"),
        of("stateful_volume_requested_bytes", "80x8 100x40 100x20"),
        of("stateful_volume_growth_limit_bytes", "100x48 200x20"),
      ],
      firing: { "6m": 0, "8m": 1, "14m": 0 },
    },
    // There is room.
    {
      series: [
        of("stateful_volume_size_bytes", "100x80"),
        of("stateful_volume_available_bytes", "30x80"),
        of("stateful_volume_requested_bytes", "100x80"),
        of("stateful_volume_growth_limit_bytes", "100x80"),
      ],
      firing: { "10m": 0 },
    },
  ],
  StatefulVolumeFullSoon: [
    {
      series: [
        of("stateful_volume_size_bytes", "1000x400"),
        // A tenth of a percent in 15 s: full in an hour and a half.
        of("stateful_volume_available_bytes", "450-1x400"),
      ],
      firing: { "10m": 0, "30m": 1 },
    },
    // Fills as fast, but is nearly empty.
    {
      series: [
        of("stateful_volume_size_bytes", "9000x200"),
        of("stateful_volume_available_bytes", "8000-1x200"),
      ],
      firing: { "40m": 0 },
    },
    // Nothing changes.
    {
      series: [
        of("stateful_volume_size_bytes", "1000x200"),
        of("stateful_volume_available_bytes", "300x200"),
      ],
      firing: { "40m": 0 },
    },
  ],
  StatefulVolumeFull: [
    { series: [reason("VolumeFull", "1x8 stale")], firing: { "45s": 0, "1m30s": 1, "4m": 0 } },
  ],
  StatefulVolumeHangs: [
    {
      series: [of("stateful_volume_stalled_seconds", "0x4 9+15x8 0x8")],
      firing: { "1m": 0, "2m": 1, "4m": 0 },
    },
  ],
  StatefulCertificateEnds: [
    {
      series: [of("stateful_certificate_end_timestamp_seconds", `${31 * DAY}x200`)],
      firing: { "20m": 0 },
    },
    {
      series: [of("stateful_certificate_end_timestamp_seconds", `${29 * DAY}x60 ${3_650 * DAY}x40`)],
      firing: { "5m": 0, "12m": 1, "20m": 0 },
    },
  ],
  StatefulBackupLate: [
    {
      series: [of("stateful_backup_restorable_timestamp_seconds", "0x100 1500x20")],
      firing: { "16m": 0, "24m": 1, "26m": 0 },
    },
    // A database without a backup.
    { series: [primary("orders-0", "1x200")], firing: { "40m": 0 } },
  ],
  StatefulBackupAway: [
    {
      series: [of("stateful_backup_behind_seconds", "0+15x40 0x20")],
      firing: { "5m": 0, "7m": 1, "12m": 0 },
    },
  ],
  StatefulBackupProblem: [
    { series: [notice("backup drill", "1x40 stale")], firing: { "4m": 0, "6m": 1, "14m": 0 } },
    { series: [notice("backup", "1x40")], firing: { "8m": 0 } },
  ],
  StatefulRestartLoop: [
    {
      series: [of("stateful_server_failures", "0x4 1 2 3x8 0x10")],
      firing: { "1m30s": 0, "3m": 1, "5m": 0 },
    },
    // Up again each time.
    {
      series: [of("stateful_server_starts_total", "0x8 1x8 2x8 3x8 4x8 5x8 5x90")],
      firing: { "5m": 0, "13m": 1, "30m": 0 },
    },
    // The whole pod.
    { series: [of("process_start_time_seconds", "1x8 2x8 3x8 4x8 5x40")], firing: { "5m": 0, "12m": 1 } },
  ],
  StatefulDataSetAside: [
    { series: [of("stateful_set_aside", "0x4 1x40 0x10")], firing: { "5m": 0, "7m": 1, "12m": 0 } },
  ],
  StatefulTwoOfOneName: [
    {
      series: [
        of("stateful_member", "1x80", 'cluster_id="a"'),
        of("stateful_member", "1x80", 'cluster_id="a"', "orders-1"),
      ],
      firing: { "15m": 0 },
    },
    {
      series: [
        of("stateful_member", "1x80", 'cluster_id="a"'),
        of("stateful_member", "1x40 stale", 'cluster_id="b"', "orders-1"),
      ],
      firing: { "4m": 0, "6m": 1, "11m": 0 },
    },
  ],
  StatefulClockOff: [
    { series: [of("stateful_clock_timestamp_seconds", "0+15x80")], firing: { "10m": 0 } },
    { series: [of("stateful_clock_timestamp_seconds", "7+15x80")], firing: { "4m": 0, "7m": 1 } },
    { series: [of("stateful_clock_timestamp_seconds", "-7+15x80")], firing: { "7m": 1 } },
  ],
  StatefulMemberWaits: [
    { series: [reason("ForeignDisk", "1x80 stale")], firing: { "14m": 0, "16m": 1, "26m": 0 } },
    { series: [reason("Serving", "1x80")], firing: { "18m": 0 } },
  ],
  StatefulProblem: [
    { series: [notice("certificate", "1x60 stale")], firing: { "9m": 0, "12m": 1, "20m": 0 } },
    { series: [notice("backup", "1x60")], firing: { "12m": 0 } },
  ],
};

const DATABASES = [{ name: "orders", replicas: 3 }];

/** @returns what promtool has against it. */
function tested(groups: RuleGroup[], alert: string, cases: Case[]): string {
  const tests = cases.map(({ series, firing }, index) => ({
    name: `${alert} ${index}`,
    interval: "15s",
    input_series: series,
    promql_expr_test: Object.entries(firing).map(([at, count]) => ({
      expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
      eval_time: at,
      exp_samples: [{ labels: "{}", value: count }],
    })),
  }));
  // The others would take time alone.
  const rules = groups
    .flatMap((group) => group.rules)
    .filter((rule) => [alert, undefined].includes(rule.alert));
  return judged(
    {
      "rules.yaml": JSON.stringify({ groups: [{ name: "rules", rules }] }),
      "test.yaml": JSON.stringify({ rule_files: ["rules.yaml"], evaluation_interval: "15s", tests }),
    },
    ["test", "rules", "test.yaml"],
  );
}

describe("an alert", () => {
  it("is tried each, and none that there is not", () => {
    assert.deepEqual(Object.keys(CASES).sort(), ALERTS.map(({ name }) => name).sort());
  });

  for (const [alert, cases] of Object.entries(CASES)) {
    it(`${alert} fires when it should, not before, and goes again`, function () {
      needsPromtool(this);
      assert.equal(tested(rulesFor("shop", DATABASES), alert, cases), "");
    });
  }

  it("is not fired by another namespace's databases, where it is for one", function () {
    needsPromtool(this);
    const elsewhere = of("stateful_volume_stalled_seconds", "60x40");
    const series = [{ ...elsewhere, series: elsewhere.series.replace("shop", "other") }];
    assert.equal(
      tested(rulesFor("shop", DATABASES), "StatefulVolumeHangs", [{ series, firing: { "5m": 0 } }]),
      "",
    );
    assert.equal(tested(rulesForAll(), "StatefulVolumeHangs", [{ series, firing: { "5m": 1 } }]), "");
  });

  it("misses a database that nobody named for as long as it was there within the last hour", function () {
    needsPromtool(this);
    const series = [of("stateful_replicas", "3x8 stale"), primary("orders-0", "1x8 stale")];
    assert.equal(
      tested(rulesForAll(), "StatefulNoPrimary", [
        { series, firing: { "2m": 0, "4m": 1, "50m": 1, "70m": 0 } },
      ]),
      "",
    );
  });

  it("says which database or member it is about, and by how much", function () {
    needsPromtool(this);
    const tests = [
      {
        interval: "15s",
        input_series: [
          of("stateful_volume_size_bytes", "100x60"),
          of("stateful_volume_available_bytes", "10x60"),
        ],
        alert_rule_test: [
          {
            eval_time: "6m",
            alertname: "StatefulVolumeFilling",
            exp_alerts: [
              {
                exp_labels: { severity: "warning", namespace: "shop", database: "orders", pod: "orders-0" },
                exp_annotations: {
                  summary: "90% of the volume of shop/orders-0 is used",
                  runbook: "docs/monitoring.md#statefulvolumefilling",
                },
              },
            ],
          },
        ],
      },
    ];
    const files = {
      "rules.yaml": JSON.stringify({ groups: rulesFor("shop", DATABASES) }),
      "test.yaml": JSON.stringify({ rule_files: ["rules.yaml"], evaluation_interval: "15s", tests }),
    };
    assert.equal(judged(files, ["test", "rules", "test.yaml"]), "");
  });

  it("is a rule that Prometheus finds nothing to say against", function () {
    needsPromtool(this);
    for (const groups of [rulesFor("shop", DATABASES, "https://wiki/runbook"), rulesForAll()]) {
      assert.equal(
        judged({ "rules.yaml": JSON.stringify({ groups }) }, ["check", "rules", "rules.yaml"]),
        "",
      );
    }
  });
});
