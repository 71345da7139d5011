/** Runs a command with what it prints kept. */
export async function quiet(
  command: () => Promise<number>,
): Promise<{ status: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const { log, error } = console;
  console.log = (text: unknown) => {
    said.out += `${String(text)}\n`;
  };
  console.error = (text: unknown) => {
    said.err += `${String(text)}\n`;
  };
  try {
    return { status: await command(), ...said };
  } finally {
    console.log = log;
    console.error = error;
  }
}
