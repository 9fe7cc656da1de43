// What needs no server: edits, pointers, ids, tokens, views and how long to listen.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";
import { create } from "@bufbuild/protobuf";
import { AccessToken, Edit, pointer, VibeError } from "@vibespace/client";
import { OpenedSchema, PageSchema } from "@vibespace/client/gen/vibe/sync/v1/sync_service_pb";
import { snapshot } from "@vibespace/client/testing";
import { resolveRetry, delayAfter } from "../dist/retry_policy.js";
import { SnapshotState } from "../dist/subscriptions/snapshot_state.js";
import { StreamState } from "../dist/subscriptions/stream_state.js";
import { SubscriptionState } from "../dist/subscriptions/subscription_state.js";
import { newUuid } from "../dist/uuid.js";
import { version } from "../dist/version.js";
import { trust } from "../dist/codec.js";
import type { FeedPage } from "../dist/subscriptions/feed_page.js";

const file = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

test("the version is that of all packages", () => {
  const shared = file("../VERSION").trim();
  assert.equal(version, shared);
  assert.equal(JSON.parse(file("package.json")).version, shared);
  assert.equal(JSON.parse(file("package-lock.json")).version, shared);
});

test("an edit is a value of paths that do not overlap", () => {
  const edit = new Edit().set("/address/city", "Oslo").remove("/nick").set("/address/city", null);
  assert.deepEqual(edit.paths, ["/nick", "/address/city"]);
  assert.throws(() => edit.set("/address", {}), TypeError);
  assert.throws(() => edit.remove("/address/city/part"), TypeError);
  assert.throws(() => edit.set("Title", 1), TypeError);
  assert.throws(() => edit.set("/a~2", 1), TypeError);
  assert.throws(() => edit.set("/a", undefined), TypeError);
  assert.equal(pointer("a/b", "~1"), "/a~1b/~01");
});

test("ids are UUIDs of version 7 that sort by their time", () => {
  assert.match(newUuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(newUuid(1).startsWith("00000000-0001-7"));
  assert.ok(newUuid(0x0123456789ab).startsWith("01234567-89ab-7"));
});

test("a token never shows its value", () => {
  const token = new AccessToken("secret", new Date(0));
  for (const shown of [String(token), JSON.stringify(token), inspect(token)]) {
    assert.ok(!shown.includes("secret"));
  }
});

test("a snapshot is decoded when its value is asked for, and once", () => {
  const alien = snapshot("m1", { Title: "Alien" }, { etag: "e" });
  assert.deepEqual([alien.id, alien.etag, alien.json], ["m1", "e", '{"Title":"Alien"}']);
  assert.equal(alien.value, alien.value);
});

test("errors of other protocols keep their code", () => {
  assert.equal(VibeError.from(new TypeError("Failed to fetch")).code, "unavailable");
});

test("delays double up to their bound", () => {
  const retry = resolveRetry(undefined);
  assert.deepEqual(
    [1, 2, 3, 9, 1000].map((failures) => delayAfter(retry, failures, 1)),
    [250, 500, 1000, 30_000, 30_000],
  );
  assert.equal(delayAfter(retry, 3, 0), 0);
});

function page(ids: Record<string, string | null>, more: Partial<FeedPage> = {}): FeedPage {
  const changes = Object.entries(ids).map(([id, etag]) => ({
    id,
    document:
      etag === null
        ? undefined
        : {
            id,
            etag,
            json: new TextEncoder().encode("{}"),
            createTime: new Date(0),
            updateTime: new Date(0),
            acl: undefined,
          },
    cause: etag === null ? ("deleted" as const) : undefined,
  }));
  return { changes, reset: false, live: true, resumeToken: "t", ...more };
}

test("views are whole, in order, and carry the difference to the one that was taken before", () => {
  const state = new SnapshotState();
  const reader = state.read(trust);
  state.apply(page({ b: "1" }, { reset: true, live: false }));
  assert.equal(reader.take(), undefined);
  state.apply(page({ a: "1" }));
  const first = reader.take();
  assert.deepEqual([...first!.documents.keys()], ["a", "b"]);
  assert.deepEqual(
    first!.changes.map(({ id }) => id),
    ["a", "b"],
  );
  assert.equal(reader.take(), undefined);

  state.apply(page({ c: "1", a: "2" }));
  state.apply(page({ c: null, "0": "1", b: "1" }));
  const second = reader.take();
  assert.deepEqual([...second!.documents.keys()], ["0", "a", "b"]);
  assert.deepEqual(
    second!.changes.map(({ id, cause }) => [id, cause]),
    [
      ["0", undefined],
      ["a", undefined],
    ],
  );
  assert.deepEqual([...first!.documents.keys()], ["a", "b"]);

  state.apply(page({ a: "2" }, { reset: true }));
  const third = reader.take();
  assert.deepEqual([...third!.documents.keys()], ["a"]);
  assert.deepEqual(
    third!.changes.map(({ id, cause }) => [id, cause]),
    [
      ["0", "no_longer_visible"],
      ["b", "no_longer_visible"],
    ],
  );

  state.apply(page({ a: null }, { live: false }));
  state.loseTouch(new VibeError("unavailable", undefined, "gone"));
  const offline = reader.take();
  assert.deepEqual([offline!.live, offline!.documents.size, offline!.error?.code], [false, 1, "unavailable"]);
  state.apply(page({}));
  assert.deepEqual(reader.take()!.changes[0]?.cause, "deleted");
});

test("in silence a reader gets a page every ten minutes, so that its token does not age", () => {
  const state = new SubscriptionState("");
  state.opened(0);
  state.receive(create(PageSchema, { resumeToken: "1", checkpoint: {} }), 1_000);
  assert.equal(state.beat("2", 600_999), undefined);
  assert.deepEqual(state.beat("3", 601_000), { changes: [], reset: false, live: true, resumeToken: "3" });
  assert.equal(state.beat("4", 601_001), undefined);
  assert.equal(state.resumeToken, "4");
});

test("the next stream is due shortly before the announced end, at a moment that is drawn", () => {
  const state = new StreamState(resolveRetry(undefined));
  const opened = (seconds: number) =>
    create(OpenedSchema, { heartbeatInterval: { seconds: 20n }, lifetime: { seconds: BigInt(seconds) } });
  assert.deepEqual(state.opened(opened(900), 0, 0), { silenceMs: 40_000, renewAt: 885_000 });
  assert.deepEqual(state.opened(opened(900), 0, 0.5).renewAt, 877_500);
  assert.deepEqual(state.opened(opened(8), 0, 0).renewAt, 7_000);
  assert.deepEqual(state.opened(opened(4), 0, 0).renewAt, Infinity);
});

test("what was cut waits longer each time, until a page comes", () => {
  const state = new StreamState(resolveRetry(undefined));
  const cut = new VibeError("unavailable", undefined, "cut");
  const fail = (wasOpen: boolean) => state.fail(cut, wasOpen, true, 0.5);
  assert.deepEqual(fail(true), { step: "again", delayMs: 125, isOffline: false });
  assert.deepEqual(fail(false), { step: "again", delayMs: 250, isOffline: true });
  state.opened(undefined, 0, 0);
  assert.equal(fail(true).delayMs, 500);
  state.progressed();
  assert.equal(fail(true).delayMs, 125);
  const told = new VibeError("unavailable", "SERVER_STOPPING", "later", { retryDelayMs: 7 });
  assert.equal(state.fail(told, true, true, 0.5).delayMs, 7);
});
