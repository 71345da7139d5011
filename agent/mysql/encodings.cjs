"use strict";
// Stands in for iconv-lite in the bundle, two thirds of which its tables and those of certificates would be: the agent
// speaks utf8mb4 with its server, and Node knows that by itself. Any other encoding is an error rather than a wrong text.

function known(encoding) {
  // MySQL's utf8mb3, which names of columns come in, has no characters that CESU-8 writes differently.
  const name = encoding === "cesu8" ? "utf8" : encoding;
  if (!Buffer.isEncoding(name)) throw new Error(`encoding ${encoding} is not supported`);
  return name;
}

module.exports = {
  encodingExists: (encoding) => Buffer.isEncoding(encoding),
  encode: (text, encoding) => Buffer.from(text, known(encoding)),
  decode: (buffer, encoding) => buffer.toString(known(encoding)),
  getDecoder: (encoding) => {
    const name = known(encoding);
    return { write: (buffer) => buffer.toString(name), end: () => "" };
  },
};
