// Makes modules of the README's code, so that it is compiled and run: the first block is a program, the others are
// functions of what they speak of.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

export function writeReadme(folder) {
  const [first, ...others] = [...readFileSync("README.md", "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(
    ([, code]) => code,
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    `${folder}/first_lines.ts`,
    first.replace('"http://127.0.0.1:5280"', "process.env.VIBE_ADDRESS!").concat("\nexport {};\n"),
  );
  const functions = others.map(
    (
      code,
      at,
    ) => `export async function block${at}({ vibe, movies, alien, store, address, signIn, metrics, startServer }: Scene) {
{
${code}}
}
`,
  );
  writeFileSync(
    `${folder}/blocks.ts`,
    `import { AccessToken, Edit, VibeClient, VibeError } from "@vibespace/client";
import type { Scene } from "../scene.js";
export const keep = [AccessToken, Edit, VibeClient, VibeError];
${functions.join("")}export const blocks = [${others.map((_, at) => `block${at}`).join(", ")}];
`,
  );
}
