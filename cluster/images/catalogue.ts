import { binary } from "../binaries";
import { imageName, pauseImage } from "./names";
import type { ImageConfig } from "./oci";

/** One image of the test bed. */
export interface Image {
  /** Full name, with its tag. */
  name: string;
  /** Debian suite it stands on; without one the image holds only {@link files}. */
  suite?: "trixie" | "sid";
  /** Debian packages, each with its version up to what may change (`name=1.2.*`). */
  packages?: string[];
  /** Programs from the cache: path in the image → path below the binaries' folder. */
  files?: Record<string, string>;
  /** Shell script in `images/`, run as root inside the image after the packages are in. */
  finish?: string;
  config: ImageConfig;
}

/** Every image, in the order in which they are made: what all else needs comes first. */
export function catalogue(): Image[] {
  return [
    {
      name: pauseImage,
      files: { "/pause": binary("pause", "pause") },
      config: { entrypoint: ["/pause"], user: "65535:65535" },
    },
    {
      name: imageName("coredns", "1.12.4"),
      files: { "/coredns": binary("coredns", "coredns") },
      config: { entrypoint: ["/coredns"] },
    },
    {
      name: imageName("mysql", "9.7"),
      suite: "sid",
      packages: ["mysql-server-core=9.7.*", "mysql-client-core=9.7.*", "mysql-client=9.7.*"],
      finish: "mysql.sh",
      config: { command: ["mysqld"], user: "999:999" },
    },
    postgresql("17", { suite: "trixie", patroni: "4.0" }),
    postgresql("18", { suite: "sid", patroni: "4.1" }),
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
    {
      name: imageName("valkey", "8.1"),
      suite: "trixie",
      packages: ["valkey-server=8.1.*", "valkey-sentinel=8.1.*", "valkey-tools=8.1.*"],
      finish: "valkey.sh",
      config: { command: ["valkey-server"], user: "999:999" },
    },
    {
      name: imageName("node", "20"),
      suite: "trixie",
      packages: ["nodejs=20.*"],
      finish: "node.sh",
      config: { command: ["node"], user: "1000:1000" },
    },
    {
      name: imageName("tools", "1"),
      suite: "trixie",
      packages: [
        "bind9-host",
        "busybox-static",
        "ca-certificates",
        "curl",
        "e2fsprogs",
        "iproute2",
        "iputils-ping",
        "jq",
        "netcat-openbsd",
        "openssl",
        "procps",
      ],
      config: { command: ["sleep", "infinity"] },
    },
  ];
}

function postgresql(
  version: string,
  { suite, patroni }: { suite: "trixie" | "sid"; patroni: string },
): Image {
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
