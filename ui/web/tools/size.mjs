// Says how much JavaScript and CSS the first page loads, compressed, and fails when that is more than it may be.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

/** The most JavaScript that the first page may load, in bytes after gzip. */
const most = 90_000;

if (!existsSync("dist/index.html")) {
  process.stderr.write("There is no dist/index.html to measure: run npm run build first.\n");
  process.exit(1);
}
const html = readFileSync("dist/index.html", "utf8");
const files = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(js|css))"/g)];
let scripts = 0;
for (const [, file = "", kind] of files) {
  const body = readFileSync(join("dist", file));
  const gzip = gzipSync(body, { level: 9 }).length;
  if (kind === "js") scripts += gzip;
  process.stdout.write(`${file}: ${gzip} bytes gzip, ${brotliCompressSync(body).length} brotli\n`);
}
process.stdout.write(`JavaScript of the first page: ${scripts} bytes gzip of at most ${most}\n`);
if (scripts === 0 || scripts > most) process.exit(1);
