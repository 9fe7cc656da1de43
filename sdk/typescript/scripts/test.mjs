// Runs the tests that build.mjs compiled.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";

process.chdir(new URL("..", import.meta.url).pathname);
const tests = readdirSync("build").filter((name) => name.endsWith(".test.js"));
execFileSync(process.execPath, ["--test", ...tests.map((name) => `build/${name}`)], { stdio: "inherit" });
