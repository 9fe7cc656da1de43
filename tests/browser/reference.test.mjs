import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { DevServer } from "./dev_server.mjs";

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([DevServer.start("--seed", "sandbox"), launch()]);
});

after(async () => {
  await browser.close();
  await server.dispose();
});

async function reference(t, prepare = async () => {}) {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  t.after(() => context.close());
  await prepare(context);
  // The viewer looks whether it may make code of text. It may not, and does without.
  const page = await open(t, context, `${server.origin}/reference`, /^blocked: script-src$/);
  await page.getByRole("heading", { name: "Vibe", exact: true }).waitFor();
  return page;
}

test("the viewer has no part in the origin of the page beside it, and calls as any page may", async (t) => {
  const page = await reference(t);
  const token = (await server.run("token", "--as", "alice")).trim();

  assert.equal(await page.evaluate(() => self.origin), "null");
  assert.equal(
    await page.evaluate(() => Object.getOwnPropertyDescriptor(window, "localStorage").value.getItem("x")),
    null,
  );
  const [status, body] = await page.evaluate(
    async ([address, token]) => {
      const answer = await fetch(address, { headers: { authorization: `Bearer ${token}` } });
      return [answer.status, await answer.json()];
    },
    [`${server.origin}/v1/spaces/me/collections`, token],
  );
  assert.equal(status, 200);
  assert.match(body.collections[0].name, /movies$/);
});

test("it shows what can be called without any network but the server's", async (t) => {
  const asked = [];
  const page = await reference(t, (context) =>
    context.route("**", (route) => {
      const address = new URL(route.request().url());
      asked.push(address.href);
      return address.origin === server.origin ? route.continue() : route.abort("internetdisconnected");
    }),
  );

  await page.getByRole("heading", { name: "Create app" }).waitFor();
  await page.getByRole("link", { name: "SyncService" }).first().click();
  await page.getByRole("heading", { name: "Subscribe" }).waitFor();

  assert.deepEqual(
    asked.filter((address) => !address.startsWith(`${server.origin}/`)),
    [],
  );
  assert.ok(asked.includes(`${server.origin}/openapi.json`));
});
