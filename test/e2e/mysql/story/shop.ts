import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { createPool, type ResultSetHeader, type RowDataPacket } from "mysql2/promise";

// An application like any other: it finds its database in its environment, writes an order when it is sent one,
// and lists the orders of all its replicas.

const { env } = process;

const database = createPool({
  host: env["DATABASE_HOST"],
  port: Number(env["DATABASE_PORT"]),
  database: env["DATABASE_NAME"],
  user: env["DATABASE_USER"],
  password: env["DATABASE_PASSWORD"],
  connectTimeout: 5000,
});

async function answer(method: string | undefined): Promise<object> {
  if (method === "POST") {
    const order = "INSERT INTO orders (taken_by) VALUES (?)";
    const [{ insertId }] = await database.execute<ResultSetHeader>(order, [hostname()]);
    return { id: insertId };
  }
  const [rows] = await database.query<RowDataPacket[]>("SELECT id, taken_by FROM orders ORDER BY id");
  return rows;
}

async function serve({ method }: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = JSON.stringify(await answer(method));
    response.writeHead(200, { "content-type": "application/json" }).end(body);
  } catch (error) {
    console.error(error);
    response.writeHead(503).end(String(error));
  }
}

async function main(): Promise<void> {
  const table =
    "CREATE TABLE IF NOT EXISTS orders (id INT AUTO_INCREMENT PRIMARY KEY, taken_by VARCHAR(64) NOT NULL)";
  // The database may come up after the application.
  for (let made = false; !made;) {
    made = await database.query(table).then(
      () => true,
      async (error: unknown) => {
        console.error(error);
        return sleep(1000, false);
      },
    );
  }
  createServer((request, response) => void serve(request, response)).listen(Number(env["PORT"]));
}

void main();
