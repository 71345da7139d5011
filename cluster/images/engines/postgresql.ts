import { exporterImage } from "../exporter";
import type { Image } from "../image";
import { imageName } from "../names";

/** The images that PostgreSQL runs on, and its pooler. */
export const images: Image[] = [
  server("17", { suite: "trixie", patroni: "4.0" }),
  server("18", { suite: "sid", patroni: "4.1" }),
  {
    name: imageName("pgbouncer", "1.24"),
    suite: "trixie",
    packages: ["pgbouncer=1.24.*"],
    config: {
      command: ["pgbouncer"],
      user: "998:998",
      environment: { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" },
    },
  },
];

/** Its exporter. */
export const onDemand: Image[] = [exporterImage("postgres", "0.17")];

function server(version: string, { suite, patroni }: { suite: "trixie" | "sid"; patroni: string }): Image {
  const programs = `/usr/lib/postgresql/${version}/bin`;
  return {
    name: imageName("postgresql", version),
    suite,
    packages: [
      `postgresql-${version}=${version}.*`,
      `patroni=${patroni}.*`,
      "python3-kubernetes",
      "pgbackrest",
    ],
    finish: "postgresql.sh",
    config: {
      command: ["postgres"],
      user: "999:999",
      environment: { PATH: `${programs}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin` },
    },
  };
}
