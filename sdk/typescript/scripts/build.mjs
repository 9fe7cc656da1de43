// Compiles the package, and beside it, in build/, its tests, the runners of the cases, and the program that is measured.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { build } from "esbuild";
import { writeReadme } from "./readme.mjs";

process.chdir(new URL("..", import.meta.url).pathname);
for (const folder of ["dist", "build"]) {
  rmSync(folder, { recursive: true, force: true });
}
const run = (...command) => execFileSync(process.execPath, command, { stdio: "inherit" });
const tsc = "node_modules/typescript/bin/tsc";
run(tsc, "-p", ".");
run(tsc, "-p", "tsconfig.test.json");
run(tsc, "-p", "tsconfig.benchmarks.json");
writeReadme("build/readme");
run(tsc, "-p", "tsconfig.readme.json");
await build({
  entryPoints: ["build/case_runner.js"],
  outfile: "build/case_runner.web.js",
  bundle: true,
  format: "iife",
  target: "es2022",
  platform: "browser",
});
