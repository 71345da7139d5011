import { exporterImage } from "../exporter";
import type { Image } from "../image";
import { imageName } from "../names";

/** Its exporter, and its usual benchmark, which its own packages have not. */
export const onDemand: Image[] = [
  exporterImage("mysqld", "0.17"),
  {
    name: imageName("sysbench", "1.0"),
    suite: "trixie",
    packages: ["sysbench=1.0.*"],
    config: { command: ["sleep", "infinity"], user: "1000:1000" },
  },
];

/** The images that MySQL runs on. */
export const images: Image[] = [
  {
    name: imageName("mysql", "9.7"),
    suite: "sid",
    packages: ["mysql-server-core=9.7.*", "mysql-client-core=9.7.*", "mysql-client=9.7.*"],
    finish: "mysql.sh",
    config: { command: ["mysqld"], user: "999:999" },
  },
];
