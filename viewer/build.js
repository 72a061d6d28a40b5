// Writes the one file that the page takes over, and the licence of what is in it. The banner holds the fingerprint of all sources, which
// a test compares: whoever changes a source has to build anew.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const OUT = "../hiface_pl/report/matrix_page/data";
const sources = ["build.js", "package.json", "package-lock.json", ...readdirSync("src").sort().map((name) => `src/${name}`)];
const digest = createHash("sha256");
for (const name of sources) digest.update(`${name}\n`).update(readFileSync(name));
const { version, license } = JSON.parse(readFileSync("node_modules/three/package.json", "utf8"));

await build({
  entryPoints: ["src/main.js"],
  outfile: `${OUT}/viewer.min.js`,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  banner: { js: `/* hiface_pl viewer, MIT; with three.js ${version}, ${license}, see viewer.licence.txt; sources ${digest.digest("hex").slice(0, 16)} */` },
});
writeFileSync(`${OUT}/viewer.licence.txt`, `viewer.min.js contains three.js ${version}:\n\n${readFileSync("node_modules/three/LICENSE", "utf8")}`);
