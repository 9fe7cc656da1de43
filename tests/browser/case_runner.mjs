// The runner of the TypeScript client in Chromium (tests/cases/README.md): a page that holds nothing but the client does what
// the lines say.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const script = readFileSync(new URL("../../sdk/typescript/build/case_runner.web.js", import.meta.url));
const server = createServer((request, response) => {
  const isScript = request.url === "/runner.js";
  response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
  response.end(isScript ? script : '<!doctype html><meta charset="utf-8"><script src="/runner.js"></script>');
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

const browser = await chromium.launch({
  executablePath: process.env.VIBE_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const page = await browser.newPage();
page.on("pageerror", (error) => console.error(error));
page.on("crash", () => process.exit(1));
await page.goto(`http://127.0.0.1:${server.address().port}/`);

const answers = new Set();
for await (const line of createInterface({ input: process.stdin })) {
  // As text both ways: a member called __proto__ would not survive as an object.
  const answer = page
    .evaluate((request) => globalThis.vibeCase(JSON.parse(request)).then(JSON.stringify), line)
    .then((text) => process.stdout.write(`${text}\n`));
  answers.add(answer);
  answer.finally(() => answers.delete(answer));
}
await browser.close();
server.close();
