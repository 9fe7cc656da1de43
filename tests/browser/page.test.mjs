import assert from "node:assert/strict";
import { createServer } from "node:http";
import { request } from "node:http";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { audit, launch, open } from "./browser.mjs";
import { DevServer } from "./dev_server.mjs";

let server;
let browser;
/** Signed in by the first test that opens the printed address. */
let context;

before(async () => {
  [server, browser] = await Promise.all([DevServer.start("--seed", "sandbox"), launch()]);
  context = await browser.newContext({ reducedMotion: "reduce" });
});

after(async () => {
  await browser.close();
  await server.dispose();
});

const home = () => `${server.origin}/`;
const row = (page, name) => page.locator("#documents tbody tr", { hasText: name });
const grant = (page, app) => page.locator(`#grants [data-app="${app}"]`);
const live = (page) => page.getByText("Live, up to date").waitFor();

test("another origin cannot use the secret, and does not use it up", async (t) => {
  const secret = new URL(server.page).hash.slice(1);
  const neighbour = createServer((_, response) =>
    response.setHeader("content-type", "text/html").end("<!doctype html>"),
  );
  neighbour.listen(0, "127.0.0.1");
  await once(neighbour, "listening");
  t.after(() => neighbour.close());
  const other = await browser.newContext();
  t.after(() => other.close());
  const page = await open(t, other, `http://127.0.0.1:${neighbour.address().port}/`, /CORS|Failed to load/);

  const tries = await page.evaluate(
    async ([address, body]) => {
      const post = (options) =>
        fetch(address, { method: "POST", body, credentials: "include", ...options }).then(
          (response) => response.type,
          () => "refused",
        );
      return [
        await post({ headers: { "content-type": "application/json" } }),
        await post({ mode: "no-cors", headers: { "content-type": "text/plain" } }),
      ];
    },
    [`${server.origin}/session`, JSON.stringify({ secret })],
  );

  assert.deepEqual(tries, ["refused", "opaque"]);
  assert.deepEqual(await other.cookies(server.origin), []);
});

test("the printed address shows the space, and the secret is gone from it", async (t) => {
  const page = await open(t, context, server.page);
  await row(page, "The Long Night").waitFor();
  await live(page);

  assert.equal(page.url(), home());
  assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), "Your space");
  assert.equal(await page.locator("#person").textContent(), "alice");
  assert.equal(await page.locator("#documents tbody tr").count(), 3);
  assert.match(await grant(page, "reader").textContent(), /see2 fields of 3 movies.*Title, Release Date/s);
  assert.match(await grant(page, "library").textContent(), /see.*add.*change.*remove.*All fields of 3 movies/s);
  const [cookie] = await context.cookies(`${server.origin}/session`);
  assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, "Strict", "/session"]);
  assert.equal(await page.evaluate(() => document.cookie), "");
});

test("the printed address works once", async (t) => {
  const other = await browser.newContext();
  t.after(() => other.close());
  const page = await open(t, other, server.page, /401/);
  await page.getByText("This address is used up").waitFor();

  assert.equal(page.url(), home());
  assert.equal(await page.locator("#space").isVisible(), false);
});

test("without the address or a session the page shows nothing and says what to do", async (t) => {
  const other = await browser.newContext();
  t.after(() => other.close());
  const page = await open(t, other, home());
  await page.getByText("You are not signed in here").waitFor();

  assert.match(await page.locator("main").textContent(), /vibe dev/);
  assert.equal(await page.locator("#space").isVisible(), false);
});

test("a name that leads here by its DNS is not answered", async () => {
  const { hostname, port } = new URL(server.origin);
  const asked = request({ hostname, port, path: "/", headers: { host: `evil.example:${port}` } }).end();
  const [response] = await once(asked, "response");
  response.resume();

  assert.equal(response.statusCode, 421);
});

test("a session outlives a reload, and another tab shares it", async (t) => {
  const page = await open(t, context, home());
  await row(page, "Paper Boats").waitFor();
  await page.reload();
  await row(page, "Paper Boats").waitFor();
});

test("what the command line writes arrives by itself and is marked", async (t) => {
  const page = await open(t, context, home());
  await live(page);
  await server.run("put", "movies/spirited-away", '{"Title":"Spirited Away","Rating":7}', "--as", "alice");
  await row(page, "Spirited Away").waitFor();
  await server.run("put", "movies/spirited-away", '{"Rating":9}', "--merge", "--as", "alice");
  await page.locator("#arrivals").getByText("Rating 7 to 9").waitFor();

  const first = page.locator("#documents tbody tr").first();
  assert.match(await first.textContent(), /^Spirited Away Just now/);
  assert.notEqual(await first.getAttribute("data-new"), null);
  await server.run("rm", "movies/spirited-away", "--as", "alice");
  await page.locator("#arrivals").getByText("Spirited Away removed").waitFor();
  assert.equal(await row(page, "Spirited Away").count(), 0);
});

test("a document shows its members, who sees each, and its JSON", async (t) => {
  const page = await open(t, context, home());
  await page.getByRole("link", { name: "The Long Night" }).focus();
  await page.keyboard.press("Enter");
  const card = page.locator("#card");
  await card.getByRole("heading", { name: "The Long Night" }).waitFor();

  assert.equal(page.url(), `${home()}#/movies/long-night`);
  assert.match(
    await card.locator("tr", { hasText: "Release Date" }).textContent(),
    /Dec 21 2003.*Library.*Reader|Dec 21 2003.*Reader.*Library/,
  );
  assert.doesNotMatch(await card.locator("tr", { hasText: "Rating" }).textContent(), /Reader/);
  await card.getByText("As JSON").click();
  assert.deepEqual(JSON.parse(await card.locator("code").last().textContent()), {
    "Release Date": "Dec 21 2003",
    Rating: 8.4,
    Title: "The Long Night",
  });
});

test("what is said of an app is what it sees", async (t) => {
  const manifest = {
    id: "diary",
    displayName: "Diary",
    access: [
      {
        collection: "movies",
        operations: ["OPERATION_READ"],
        fields: ["/Title", "/Rating", "/Seen~1With"],
        purpose: "To look back.",
      },
      { collection: "movies", operations: ["OPERATION_UPDATE"], fields: ["/Rating"], purpose: "To rate." },
    ],
  };
  const access = [
    {
      collection: "movies",
      operations: ["OPERATION_READ", "OPERATION_UPDATE"],
      fields: ["*"],
      mode: "ACCESS_MODE_ALWAYS",
    },
    { collection: "movies", operations: ["OPERATION_READ"], fields: ["/Rating"], mode: "ACCESS_MODE_NEVER" },
  ];
  await server.run("put", "movies/long-night", '{"Seen/With":"Leila"}', "--merge", "--as", "alice");
  await server.run("app", "add", await server.write("diary.json", manifest), "--as", "alice");
  await server.run("grant", "add", "diary", "--as", "alice", "--file", await server.write("grant.json", { access }));
  const page = await open(t, context, `${home()}#/movies/long-night`);
  await grant(page, "diary").waitFor();
  await page.locator("#card").getByText("Diary").first().waitFor();

  const seen = JSON.parse(await server.run("get", "movies/long-night", "--as", "alice", "--app", "diary", "--json"));
  assert.deepEqual(await fieldsSeenBy(page, "Diary"), Object.keys(seen.body).sort());
  assert.match(await grant(page, "diary").textContent(), /see2 fields of 3 moviesTitle, Seen\/With“To look back.”/);
  assert.match(await grant(page, "diary").textContent(), /change1 field of 3 moviesRating“To rate.”/);
  await server.run("grant", "revoke", "diary", "--as", "alice");
  await grant(page, "diary").getByText("Stopped", { exact: true }).waitFor();
});

test("what a document holds is text, whatever it says", async (t) => {
  const attack = `<script>hacked=1</script><img src=x onerror="hacked=1">\u202e"'`;
  const page = await open(t, context, home());
  await live(page);
  await server.run("put", "movies/attack", JSON.stringify({ Title: attack, [attack]: attack }), "--as", "alice");
  await page.getByRole("link", { name: "onerror" }).click();
  await page.locator("#card h2", { hasText: "onerror" }).waitFor();
  await server.run("put", "movies/attack", JSON.stringify({ [attack]: `${attack}2` }), "--merge", "--as", "alice");
  await page.locator("#arrivals").getByText("onerror").last().waitFor();

  assert.equal(await page.locator("#card h2").textContent(), attack);
  assert.equal(await page.locator("#card tbody th").last().locator("bdi").first().textContent(), attack);
  assert.equal(await page.evaluate(() => typeof globalThis.hacked), "undefined");
  assert.equal(await page.locator("main script, main img").count(), 0);
  await server.run("rm", "movies/attack", "--as", "alice");
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    test(`nothing is hard to use, ${colorScheme} and ${width} wide`, async (t) => {
      const page = await open(t, context, home());
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 900 });
      await row(page, "The Long Night").waitFor();
      await live(page);
      const lightness = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

      assert.equal(lightness, colorScheme === "light" ? "rgb(250, 249, 246)" : "rgb(18, 20, 21)");
      assert.deepEqual(await audit(page), []);
      await grant(page, "reader").getByRole("button").click();
      assert.deepEqual(await audit(page), []);
      await shoot(page, `dialog-${width}-${colorScheme}`);
      await page.keyboard.press("Escape");
      await shoot(page, `space-${width}-${colorScheme}`);
    });
  }
}

test("nothing scrolls sideways at 320 pixels", async (t) => {
  const page = await open(t, context, home());
  await page.setViewportSize({ width: 320, height: 700 });
  await row(page, "The Long Night").waitFor();

  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
});

test("an app is stopped by the keyboard alone, and its stream ends", async (t) => {
  const page = await open(t, context, home());
  await live(page);
  await grant(page, "reader").waitFor();
  const tail = server.follow("tail", "movies", "--as", "alice", "--app", "reader", "--json");
  await tail.line((text) => text.startsWith('{"live":true'));
  await press(page, "Tab", "Stop Reader");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();

  assert.equal(await focused(page), "Keep");
  assert.match(await page.getByRole("dialog").textContent(), /It loses 2 fields of 3 movies within a second/);
  await page.keyboard.press("Escape");
  assert.equal(await focused(page), "Stop Reader");
  await page.keyboard.press("Enter");
  await press(page, "Tab", "Stop");
  await page.keyboard.press("Enter");
  await grant(page, "reader").getByText("Stopped", { exact: true }).waitFor();

  assert.equal(await tail.end(), 1);
  assert.equal(await grant(page, "reader").getByRole("button").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-app")), "reader");
  assert.equal(await page.locator("#said").textContent(), "Reader is stopped.");
  assert.equal(await page.locator("#card").getByText("Reader").count(), 0);
  await shoot(page, "stopped-1280-light");
  await page.reload();
  await page.getByText("2 ended before").waitFor();
});

test("a server that is away shows, and one that started again signs the page out", async (t) => {
  const page = await open(t, context, home(), /ERR_|401/);
  await live(page);
  await server.stop();
  await page.getByText("Offline, trying again").waitFor();

  assert.equal(await row(page, "The Long Night").isVisible(), true);
  await shoot(page, "offline-1280-light");
  await server.startAgain();
  await page.getByText("You are signed out").waitFor({ timeout: 60_000 });

  assert.equal(await page.locator("main").getByText("The Long Night").count(), 0);
  await page.goto(server.page);
  await row(page, "The Long Night").waitFor();
  assert.equal(page.url(), home());
});

test("a space with nothing in it says how to begin", async (t) => {
  const other = await browser.newContext();
  const fresh = await DevServer.start("--seed", "sandbox");
  // The page first: it would complain of a server that is gone.
  t.after(async () => {
    await other.close();
    await fresh.dispose();
  });
  await fresh.run("grant", "revoke", "reader", "--as", "alice");
  for (const id of ["arrival-of-spring", "long-night", "paper-boats"]) {
    await fresh.run("rm", `movies/${id}`, "--as", "alice");
  }
  const page = await open(t, other, fresh.page);
  await page.getByText("Nothing is here yet").waitFor();
  await shoot(page, "empty-1280-light");
  await fresh.run("put", "movies/first", '{"Title":"Spirited Away"}', "--as", "alice");
  await row(page, "Spirited Away").waitFor();
});

async function press(page, key, until) {
  for (let at = 0; at < 60; at++) {
    await page.keyboard.press(key);
    if ((await focused(page)) === until) {
      return;
    }
  }
  assert.fail(`${key} does not lead to ${until}.`);
}

async function fieldsSeenBy(page, app) {
  const rows = page.locator("#card tbody tr", { has: page.getByText(app, { exact: true }) });
  return (
    await rows
      .locator("th bdi:first-child")
      .evaluateAll((names) => names.filter((one) => one.closest(".small")).map((one) => one.textContent))
  ).sort();
}

function focused(page) {
  return page.evaluate(() => document.activeElement?.textContent?.trim().replace(/\s+/g, " "));
}

async function shoot(page, name) {
  const folder = process.env["VIBE_SHOTS"];
  if (folder) {
    await mkdir(folder, { recursive: true });
    await page.screenshot({ path: `${folder}/${name}.png`, fullPage: !name.startsWith("dialog") });
  }
}
