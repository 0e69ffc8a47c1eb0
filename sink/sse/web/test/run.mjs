// Compile the unit tests and run them with node's own runner.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { lezer } from "../build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = await mkdtemp(join(tmpdir(), "mql-page-"));
const tests = (await readdir(here)).filter((f) => f.endsWith(".test.ts"));
try {
  await build({
    entryPoints: tests.map((f) => join(here, f)), outdir: out, bundle: true,
    platform: "node", format: "esm", target: "node18", outExtension: { ".js": ".mjs" },
    plugins: [lezer], logLevel: "warning",
  });
  const run = spawnSync(process.execPath,
    ["--test", "--test-reporter=dot", ...tests.map((f) => join(out, f.replace(/\.ts$/, ".mjs")))],
    { stdio: "inherit" });
  process.exitCode = run.status ?? 1;
} finally {
  await rm(out, { recursive: true, force: true });
}
