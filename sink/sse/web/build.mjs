// Build the page: index.html, app.js and app.css into --outdir.
// Nothing is fetched, and nothing is written anywhere else.
import { build } from "esbuild";
import { buildParserFile } from "@lezer/generator";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** Grammars compile to parsers, and `x.grammar.terms` to their terms. */
export const lezer = {
  name: "lezer",
  setup(b) {
    b.onResolve({ filter: /\.grammar(\.terms)?$/ }, (a) => {
      const terms = a.path.endsWith(".terms");
      return {
        path: join(a.resolveDir, a.path.replace(/\.terms$/, "")),
        namespace: terms ? "lezer-terms" : "lezer",
      };
    });
    b.onLoad({ filter: /./, namespace: "lezer" }, (a) => load(a, "parser"));
    b.onLoad({ filter: /./, namespace: "lezer-terms" }, (a) => load(a, "terms"));
    async function load(a, part) {
      const made = buildParserFile(await readFile(a.path, "utf8"), {
        fileName: a.path,
        warn: (text) => { throw new Error(text); },
      });
      return {
        contents: made[part], loader: "js",
        resolveDir: dirname(a.path), watchFiles: [a.path],
      };
    }
  },
};

/** What is bundled is other people's work: their terms, beside it. */
async function licenses(metafile) {
  const names = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const m = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (m) names.add(m[1]);
  }
  const byText = new Map();
  for (const name of [...names].sort()) {
    const text = (await readFile(join(here, "node_modules", name, "LICENSE"), "utf8")).trim();
    byText.set(text, [...(byText.get(text) ?? []), name]);
  }
  return [...byText].map(([text, list]) => `${list.join(", ")}\n\n${text}\n`).join("\n\n");
}

function outdir(args) {
  for (const [i, arg] of args.entries()) {
    if (arg === "--outdir") return args[i + 1];
    if (arg.startsWith("--outdir=")) return arg.slice("--outdir=".length);
  }
  return "dist";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const out = resolve(outdir(process.argv.slice(2)));
  await mkdir(out, { recursive: true });
  const made = await build({
    entryPoints: { app: join(here, "src/main.ts") },
    outdir: out,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    plugins: [lezer],
  });
  await writeFile(join(out, "licenses.txt"), await licenses(made.metafile));
  await copyFile(join(here, "src/index.html"), join(out, "index.html"));
}
