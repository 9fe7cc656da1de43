// The runner of the TypeScript client in Chromium (tests/cases/README.md): a page that holds nothing but the client does what
// the lines say. With an origin the page is one of that, whoever answers there: only such a page is told by which protocol it
// was answered. {"do":"protocol","path":PATH} waits until something with that path has ended, and gives the protocol. What
// follows the origin are options of Chromium.
// Usage: node case_runner.mjs [ORIGIN [OPTION…]]
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [origin, ...options] = process.argv.slice(2);
const script = readFileSync(new URL("../../sdk/typescript/build/case_runner.web.js", import.meta.url));

function served(path) {
  return path === "/runner.js"
    ? { contentType: "text/javascript", body: script }
    : { contentType: "text/html", body: '<!doctype html><meta charset="utf-8"><script src="/runner.js"></script>' };
}

const server = createServer((request, response) => {
  const { contentType, body } = served(request.url);
  response.setHeader("content-type", contentType);
  response.end(body);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

const browser = await chromium.launch({
  executablePath: process.env.VIBE_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", ...options],
});
const page = await browser.newPage();
page.on("pageerror", (error) => console.error(error));
page.on("crash", () => process.exit(1));
if (origin !== undefined) {
  await page.route(`${origin}/runner*`, (route) => route.fulfill(served(new URL(route.request().url()).pathname)));
}
await page.goto(`${origin ?? `http://127.0.0.1:${server.address().port}`}/runner`);

const answers = new Set();
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const asked = request.do === "protocol" ? protocol(request) : ask(line);
  const answer = asked.then((text) => process.stdout.write(`${text}\n`));
  answers.add(answer);
  answer.finally(() => answers.delete(answer));
}
await browser.close();
server.close();

// As text both ways: a member called __proto__ would not survive as an object.
function ask(line) {
  return page.evaluate((request) => globalThis.vibeCase(JSON.parse(request)).then(JSON.stringify), line);
}

async function protocol({ id, path }) {
  const protocol = await page.evaluate(
    (path) =>
      new Promise((found) => {
        new PerformanceObserver((entries) => {
          const entry = entries.getEntries().find(({ name }) => new URL(name).pathname === path);
          if (entry !== undefined) {
            found(entry.nextHopProtocol);
          }
        }).observe({ type: "resource", buffered: true });
      }),
    path,
  );
  return JSON.stringify({ id, ok: { protocol } });
}
