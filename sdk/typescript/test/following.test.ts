// How the streams of one client behave, against a server whose every message a test says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { VibeClient, VibeError } from "@vibespace/client";
import { failing, statusOf } from "./failing.js";
import { pageOf, ScriptedServer } from "./scripted_server.js";

const quick = { baseDelayMs: 1, maxDelayMs: 1 };

function clientOf(server: ScriptedServer): VibeClient {
  return new VibeClient("http://scripted.example", { token: "t", retry: quick, transport: server.transport });
}

async function next<T>(items: AsyncIterator<T>): Promise<T> {
  const { done, value } = await items.next();
  assert.ok(!done);
  return value;
}

test("who joins makes one new stream, from the places that were reached, and the old one stands until then", async () => {
  const server = new ScriptedServer();
  await using vibe = clientOf(server);
  const a = vibe.me.collection("a").subscribe()[Symbol.asyncIterator]();
  const first = next(a);
  const one = await server.stream(0);
  one.open();
  one.page(0, "a1", ["m1"], { reset: true });
  assert.equal((await first).resumeToken, "a1");

  const b = vibe.me.collection("b").subscribe({ resumeToken: "b7" })[Symbol.asyncIterator]();
  const pageOfB = next(b);
  const two = await server.stream(1);
  assert.deepEqual(
    two.request.scopes.map(({ collection, resumeToken }) => [collection, resumeToken]),
    [
      ["spaces/me/collections/a", "a1"],
      ["spaces/me/collections/b", "b7"],
    ],
  );
  assert.equal(one.isGone, false);
  two.open();
  two.page(1, "b8", ["n1"]);
  two.page(0, "a2", ["m2"]);
  assert.equal((await pageOfB).resumeToken, "b8");
  assert.equal((await next(a)).resumeToken, "a2");
  assert.equal(one.isGone, true);
});

test("two who join in one moment join together, and two views of one collection are one scope", async () => {
  const server = new ScriptedServer();
  await using vibe = clientOf(server);
  const movies = vibe.me.collection("movies");
  const views = [movies.snapshots(), movies.snapshots(), vibe.me.collection("people").snapshots()].map((view) =>
    view[Symbol.asyncIterator](),
  );
  const firsts = views.map(next);
  const stream = await server.stream(0);
  assert.equal(stream.request.scopes.length, 2);
  stream.open();
  stream.page(0, "1", ["m2", "m1"], { reset: true });
  stream.page(1, "1", [], { reset: true });
  const [left, right, people] = await Promise.all(firsts);
  assert.deepEqual([...(left?.documents.keys() ?? [])], ["m1", "m2"]);
  assert.deepEqual([...(right?.documents.keys() ?? [])], ["m1", "m2"]);
  assert.equal(people?.documents.size, 0);

  const late = movies.snapshots()[Symbol.asyncIterator]();
  assert.equal((await next(late)).changes.length, 2);
  assert.equal(server.streams.length, 1);
});

test("a reader that stalls leaves the stream, catches up by itself, and joins again", async () => {
  const server = new ScriptedServer();
  server.onPull = () => ({ page: pageOf("a6", ["m5", "m6"]) });
  await using vibe = clientOf(server);
  const slow = vibe.me.collection("slow").subscribe()[Symbol.asyncIterator]();
  const quickOnes = vibe.me.collection("quick").subscribe()[Symbol.asyncIterator]();
  const firstOfSlow = next(slow);
  const firstOfQuick = next(quickOnes);
  const one = await server.stream(0);
  one.open();
  one.page(0, "a0", [], { reset: true });
  one.page(1, "b0", [], { reset: true });
  await firstOfSlow;
  await firstOfQuick;
  for (const at of [1, 2, 3, 4, 5]) {
    one.page(0, `a${at}`, [`m${at}`]);
  }
  const two = await server.stream(1);
  assert.deepEqual(
    two.request.scopes.map(({ collection }) => collection),
    ["spaces/me/collections/quick"],
  );
  two.open();
  two.page(0, "b1", ["n1"]);
  assert.equal((await next(quickOnes)).resumeToken, "b1");

  const tokens: string[] = [];
  while (tokens.at(-1) !== "a6") {
    tokens.push((await next(slow)).resumeToken);
  }
  assert.deepEqual(tokens, ["a1", "a2", "a3", "a4", "a6"]);
  assert.equal(server.pulls[0]?.scope?.resumeToken, "a4");
  const three = await server.stream(2);
  assert.deepEqual(
    three.request.scopes.map(({ collection, resumeToken }) => [collection, resumeToken]),
    [
      ["spaces/me/collections/quick", "b1"],
      ["spaces/me/collections/slow", "a6"],
    ],
  );
});

test("the scope that ended ends its reader alone", async () => {
  const server = new ScriptedServer();
  await using vibe = clientOf(server);
  const a = vibe.me.collection("a").subscribe()[Symbol.asyncIterator]();
  const b = vibe.me.collection("b").subscribe()[Symbol.asyncIterator]();
  const firsts = [next(a), next(b)];
  const one = await server.stream(0);
  one.open();
  one.page(0, "a1", []);
  one.page(1, "b1", []);
  await Promise.all(firsts);
  one.send({
    scopeIndex: 0,
    event: { case: "scopeEnded", value: { status: statusOf(Code.PermissionDenied, "GRANT_REVOKED") } },
  });
  await assert.rejects(next(a), (error) => error instanceof VibeError && error.reason === "GRANT_REVOKED");
  const two = await server.stream(1);
  two.open();
  two.page(0, "b2", []);
  assert.equal((await next(b)).resumeToken, "b2");
});

test("a scope that the server cannot read is to blame alone", async () => {
  const server = new ScriptedServer();
  await using vibe = clientOf(server);
  const bad = vibe.me.collection("b d").subscribe()[Symbol.asyncIterator]();
  const good = vibe.me.collection("good").subscribe({ resumeToken: "g1" })[Symbol.asyncIterator]();
  const [ofBad, ofGood] = [next(bad), next(good)];
  (await server.stream(0)).send(
    failing(Code.InvalidArgument, "NAME_INVALID", { metadata: { field: "scopes[0].collection" } }),
  );
  await assert.rejects(ofBad, (error) => error instanceof VibeError && error.reason === "NAME_INVALID");
  const two = await server.stream(1);
  assert.equal(two.request.scopes.length, 1);
  two.send(failing(Code.InvalidArgument, "RESUME_TOKEN_INVALID", { metadata: { scope: "0" } }));
  const three = await server.stream(2);
  assert.equal(three.request.scopes[0]?.resumeToken, "");
  three.open();
  three.page(0, "g9", [], { reset: true });
  assert.equal((await ofGood).reset, true);
});

test("heartbeats carry the place of their scope, and what is not known is passed over", async () => {
  const server = new ScriptedServer();
  await using vibe = clientOf(server);
  const a = vibe.me.collection("a").subscribe()[Symbol.asyncIterator]();
  const b = vibe.me.collection("b").subscribe()[Symbol.asyncIterator]();
  const firsts = [next(a), next(b)];
  const one = await server.stream(0);
  one.open();
  one.page(0, "a1", []);
  one.page(1, "b1", []);
  await Promise.all(firsts);
  one.send({ scopeIndex: 1, event: { case: "heartbeat", value: { resumeToken: "b5" } } });
  one.send({});
  one.send({ event: { case: "end", value: { status: statusOf(Code.Unavailable, "SERVER_STOPPING") } } });
  const two = await server.stream(1);
  assert.deepEqual(
    two.request.scopes.map(({ resumeToken }) => resumeToken),
    ["a1", "b5"],
  );
});

test("a view falls to offline with the cause when it cannot be reopened, and rises again by itself", async () => {
  const server = new ScriptedServer();
  await using vibe = clientOf(server);
  const views = vibe.me.collection("a").snapshots()[Symbol.asyncIterator]();
  const first = next(views);
  const one = await server.stream(0);
  one.open();
  one.page(0, "1", ["m1"], { reset: true });
  assert.equal((await first).live, true);
  one.send(failing(Code.Unavailable, "SERVER_STOPPING", { retryDelayMs: 1 }));
  (await server.stream(1)).send(failing(Code.Unavailable, "STORAGE_UNAVAILABLE", { retryDelayMs: 1 }));
  const offline = await next(views);
  assert.equal(offline.live, false);
  assert.equal(offline.error?.reason, "STORAGE_UNAVAILABLE");
  assert.equal(offline.changes.length, 0);
  const three = await server.stream(2);
  three.open();
  three.page(0, "2", []);
  const live = await next(views);
  assert.equal(live.live, true);
  assert.equal(live.error, undefined);
  assert.equal(live.documents.size, 1);
});

test("silence of twice the heartbeats' interval counts as cut", async () => {
  const server = new ScriptedServer();
  await using vibe = clientOf(server);
  const pages = vibe.me.collection("a").subscribe({ resumeToken: "1" })[Symbol.asyncIterator]();
  const page = next(pages);
  const one = await server.stream(0);
  one.send({ event: { case: "opened", value: { heartbeatInterval: { nanos: 10_000_000 } } } });
  const two = await server.stream(1);
  assert.equal(one.isGone, true);
  two.open();
  two.page(0, "2", []);
  assert.equal((await page).resumeToken, "2");
});

test("a refused token is asked for once more, and the same again means signed out", async () => {
  const server = new ScriptedServer();
  const tokens = ["one", "two", "two"];
  let asked = 0;
  await using vibe = new VibeClient("http://scripted.example", {
    token: async () => tokens[asked++],
    retry: quick,
    transport: server.transport,
  });
  const pages = vibe.me.collection("a").subscribe()[Symbol.asyncIterator]();
  const page = next(pages);
  (await server.stream(0)).send(failing(Code.Unauthenticated, "ACCESS_TOKEN_EXPIRED"));
  const two = await server.stream(1);
  two.open();
  two.send({ event: { case: "end", value: { status: statusOf(Code.Unauthenticated, "ACCESS_TOKEN_EXPIRED") } } });
  await assert.rejects(page, (error) => error instanceof VibeError && error.code === "unauthenticated");
  assert.equal(asked, 3);
});

test("leaving, cancelling and closing end a loop, also one that waits", async () => {
  const server = new ScriptedServer();
  const vibe = clientOf(server);
  const movies = vibe.me.collection("movies");
  const left = movies.snapshots()[Symbol.asyncIterator]();
  const waiting = left.next();
  const stream = await server.stream(0);
  stream.open();
  await left.return?.();
  assert.equal((await waiting).done, true);

  const stop = new AbortController();
  const cancelled = movies.subscribe({ signal: stop.signal })[Symbol.asyncIterator]();
  const under = cancelled.next();
  const reason = new Error("enough");
  stop.abort(reason);
  await assert.rejects(under, reason);

  const open = movies.subscribe()[Symbol.asyncIterator]();
  const ending = open.next();
  await server.stream(1);
  const closing = vibe.close();
  await assert.rejects(ending, { name: "InvalidStateError" });
  await closing;
  await assert.rejects(movies.document("m1").get(), { name: "InvalidStateError" });
});

test("a page that comes back to its network or its person tries at once", async () => {
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const network = new EventTarget();
  const browser = {
    document: page,
    addEventListener: network.addEventListener.bind(network),
    removeEventListener: network.removeEventListener.bind(network),
  };
  Object.assign(globalThis, browser);
  try {
    const server = new ScriptedServer();
    await using vibe = new VibeClient("http://scripted.example", { token: "t", transport: server.transport });
    const views = vibe.me.collection("a").snapshots()[Symbol.asyncIterator]();
    const first = next(views);
    const one = await server.stream(0);
    one.open();
    one.page(0, "1", [], { reset: true });
    await first;
    one.send(failing(Code.Unavailable, "SERVER_STOPPING", { retryDelayMs: 999 }));
    (await server.stream(1)).send(failing(Code.Unavailable, "SERVER_STOPPING", { retryDelayMs: 999_999 }));
    assert.equal((await next(views)).live, false);
    page.dispatchEvent(new Event("visibilitychange"));
    const three = await server.stream(2);
    three.open();
    three.page(0, "2", []);
    assert.equal((await next(views)).live, true);

    network.dispatchEvent(new Event("online"));
    const four = await server.stream(3);
    assert.equal(four.request.scopes[0]?.resumeToken, "2");
    assert.equal(three.isGone, false);
  } finally {
    // The stream lets go of the page in a turn of its own.
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (const name of Object.keys(browser)) {
      Reflect.deleteProperty(globalThis, name);
    }
  }
});

test("what cannot be opened beside a stream that stands is tried again, and the stream is read on", async () => {
  const server = new ScriptedServer();
  await using vibe = clientOf(server);
  const a = vibe.me.collection("a").subscribe()[Symbol.asyncIterator]();
  const first = next(a);
  const one = await server.stream(0);
  one.open();
  one.page(0, "a1", []);
  await first;
  const b = vibe.me.collection("b").subscribe()[Symbol.asyncIterator]();
  const pageOfB = next(b);
  (await server.stream(1)).send(failing(Code.ResourceExhausted, "TOO_MANY_LISTINGS", { retryDelayMs: 50 }));
  one.page(0, "a2", []);
  assert.equal((await next(a)).resumeToken, "a2");
  assert.equal(one.isGone, false);
  (await server.stream(2)).send(failing(Code.ResourceExhausted, "TOO_MANY_STREAMS"));
  const four = await server.stream(3);
  assert.equal(one.isGone, true);
  four.open();
  four.page(1, "b1", []);
  assert.equal((await pageOfB).resumeToken, "b1");
});
