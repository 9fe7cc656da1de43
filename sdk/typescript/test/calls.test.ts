// How one call goes, against a server whose every answer a test says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { AccessToken, VibeClient, VibeError, type CallEvent, type VibeClientOptions } from "@vibespace/client";
import { failing } from "./failing.js";
import { ScriptedServer } from "./scripted_server.js";

const quick = { baseDelayMs: 1, maxDelayMs: 1 };

function clientOf(server: ScriptedServer, options: Partial<VibeClientOptions> = {}): VibeClient {
  return new VibeClient("http://scripted.example", {
    token: "t",
    retry: quick,
    transport: server.transport,
    ...options,
  });
}

/** Does one thing after another, the last again and again. */
function script<T>(...steps: (() => T | Promise<T>)[]): () => Promise<T> {
  let at = 0;
  return async () => (steps[at++] ?? steps.at(-1))!();
}

const busy = () => {
  throw failing(Code.ResourceExhausted, "SPACE_BUSY", { retryDelayMs: 1 });
};
const lost = () => {
  throw new ConnectError("lost", Code.Unavailable);
};
const written = (token: string) => () => ({
  results: [{ document: "spaces/alice/collections/c/documents/m1", etag: "e" }],
  consistencyToken: token,
});
const found = () => ({
  document: {
    name: "spaces/alice/collections/c/documents/m1",
    content: { case: "json" as const, value: new TextEncoder().encode("{}") },
  },
});

test("a write is tried again under one key, and its events name no more than the method", async () => {
  const server = new ScriptedServer();
  server.onWrite = script(busy, written("1"));
  const events: CallEvent[] = [];
  await using vibe = clientOf(server, { onCall: (event) => events.push(event), application: "notes/2.1" });
  await vibe.me.collection("c").document("m1").create({});
  assert.equal(server.writes[0]?.idempotencyKey, server.writes[1]?.idempotencyKey);
  assert.deepEqual(
    events.map(({ method, attempt, code, reason }) => [method, attempt, code, reason]),
    [
      ["BatchWrite", 1, "resource_exhausted", "SPACE_BUSY"],
      ["BatchWrite", 2, "ok", undefined],
    ],
  );
  assert.match(server.headers[0]?.get("user-agent") ?? "", /^vibe-typescript\/\S+ \(node\S+; \S+\) notes\/2\.1$/);
  assert.match(server.headers[0]?.get("grpc-timeout") ?? "", /^\d+m$/);
  assert.equal(server.headers[0]?.get("authorization"), "Bearer t");
});

test("a write whose outcome is not known is not retryable, even when its last attempt was refused", async () => {
  const server = new ScriptedServer();
  server.onWrite = script<never>(lost, busy);
  await using vibe = clientOf(server, { retry: { ...quick, maxAttempts: 2 } });
  await assert.rejects(vibe.me.collection("c").create({}), (error) => {
    assert.ok(error instanceof VibeError);
    assert.deepEqual([error.reason, error.retryable], ["SPACE_BUSY", false]);
    return true;
  });
});

test("a read quotes the writes of its client until a later one is acknowledged", async () => {
  const server = new ScriptedServer();
  server.onWrite = script(written("one"), written("two"));
  server.onRead = script(
    found,
    () => {
      throw failing(Code.FailedPrecondition, "HISTORY_LOST");
    },
    found,
  );
  const warnings: string[] = [];
  await using vibe = clientOf(server, { logger: { debug: () => {}, warn: (message) => warnings.push(message) } });
  const document = vibe.me.collection("c").document("m1");
  await document.create({});
  await document.get();
  await document.replace({});
  await document.get();
  assert.deepEqual(
    server.reads.map(({ consistencyTokens }) => consistencyTokens),
    [["one"], ["two"], []],
  );
  assert.equal(warnings.length, 1);
});

test("the deadline is for all of it, and a waiting token source too", async () => {
  const server = new ScriptedServer();
  server.onRead = script<never>(busy);
  await using vibe = clientOf(server, { retry: { maxAttempts: 1000, baseDelayMs: 5, maxDelayMs: 5 } });
  await assert.rejects(vibe.me.collection("c").document("m1").get({ timeoutMs: 60 }), (error) => {
    return error instanceof VibeError && (error.code === "deadline_exceeded" || error.reason === "SPACE_BUSY");
  });

  let isTold = false;
  await using waiting = clientOf(server, {
    token: ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject((isTold = true)))),
  });
  await assert.rejects(waiting.me.collection("c").document("m1").get({ timeoutMs: 20 }), {
    code: "deadline_exceeded",
    reason: "DEADLINE_EXCEEDED",
    retryable: true,
  });
  assert.equal(isTold, false);
});

test("cancelled is the signal's own reason", async () => {
  const server = new ScriptedServer();
  server.onRead = () => new Promise(() => {});
  await using vibe = clientOf(server);
  const stop = new AbortController();
  const reading = vibe.me.collection("c").document("m1").get({ signal: stop.signal });
  const reason = new Error("enough");
  stop.abort(reason);
  await assert.rejects(reading, reason);
});

test("a token source is asked once by many, again when refused, and not for a call that is closed", async () => {
  const server = new ScriptedServer();
  server.onRead = script<ReturnType<typeof found>>(
    found,
    found,
    () => {
      throw failing(Code.Unauthenticated, "ACCESS_TOKEN_EXPIRED");
    },
    found,
  );
  let asked = 0;
  const vibe = clientOf(server, { token: async () => new AccessToken(`t${asked++}`) });
  const document = vibe.me.collection("c").document("m1");
  await Promise.all([document.get(), document.get()]);
  assert.equal(asked, 1);
  await document.get();
  assert.equal(asked, 2);
  assert.equal(server.headers.at(-1)?.get("authorization"), "Bearer t1");
  await vibe.close();
  await vibe.close();
  await assert.rejects(document.get(), { name: "InvalidStateError" });
  assert.equal(asked, 2);
});

test("an error says its reason, its code and the request", async () => {
  const server = new ScriptedServer();
  server.onWrite = script<never>(() => {
    throw failing(Code.InvalidArgument, "FIELD_INVALID", {
      metadata: { field: "writes[0].if_match" },
      violations: [{ field: "writes[0].if_match", description: "must be empty" }],
      requestId: "3f9c",
    });
  });
  await using vibe = clientOf(server);
  await assert.rejects(vibe.me.collection("c").create({}), (error) => {
    assert.ok(error instanceof VibeError);
    assert.equal(error.message, "FIELD_INVALID (invalid_argument): It failed. [request 3f9c]");
    assert.deepEqual(error.metadata, { field: "writes[0].if_match" });
    assert.deepEqual(error.violations, [{ field: "writes[0].if_match", description: "must be empty" }]);
    assert.deepEqual([error.requestId, error.retryable, error.retryDelayMs], ["3f9c", false, undefined]);
    return true;
  });
});

test("at most 32 writes of one space are in flight", async () => {
  const server = new ScriptedServer();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  server.onWrite = async () => {
    await held;
    return written("1")();
  };
  await using vibe = clientOf(server);
  const writes = Array.from({ length: 40 }, () => vibe.me.collection("c").create({}));
  await new Promise<void>((resolve) => setImmediate(resolve));
  assert.ok(server.writes.length <= 32);
  release();
  await Promise.all(writes);
  assert.equal(server.writes.length, 40);
});

test("what no request could say is refused at once", async () => {
  const server = new ScriptedServer();
  await using vibe = clientOf(server);
  await using other = clientOf(server);
  const movies = vibe.me.collection<{ a?: number }>("c");
  await assert.rejects(movies.create({ a: NaN }), TypeError);
  await assert.rejects(movies.document("m1").update([] as object), TypeError);
  assert.throws(() => movies.document("a/b"), TypeError);
  assert.throws(() => vibe.me.batch().delete(vibe.space("bob").collection("c").document("m1")), TypeError);
  assert.throws(() => vibe.me.batch().delete(other.me.collection("c").document("m1")), TypeError);
  assert.throws(() => new VibeClient("nowhere", { token: "t" }), TypeError);
  assert.throws(() => clientOf(server, { timeoutMs: 0 }), RangeError);
  assert.equal(server.writes.length, 0);
});
