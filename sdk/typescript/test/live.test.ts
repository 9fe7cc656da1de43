// Against a real server: what no case can say in all languages alike, and that the way through is open at all.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GrantService } from "@vibespace/client/gen/vibe/consent/v1/grant_service_pb";
import { startServer, type Person, type TestServer } from "@vibespace/client/testing";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { VibeClient, VibeError } from "@vibespace/client";
import { CuttingProxy } from "./cutting_proxy.js";
import { vibeProgram } from "./program.js";

interface Movie {
  Title: string;
  Year?: number;
}

let server: TestServer;
let alice: Person;

before(async () => {
  server = await startServer({ command: vibeProgram() });
  alice = await server.person("alice");
});

after(() => server.close());

test("what was written is read, changed, listed and gone", async () => {
  await using vibe = alice.client();
  const movies = vibe.me.collection<Movie>("films");
  const { id, etag } = await movies.create({ Title: "Alien" });
  await movies.document(id).update({ Year: 1979 }, { ifMatch: etag });
  const alien = await movies.document(id).get();
  assert.deepEqual(alien?.value, { Title: "Alien", Year: 1979 });
  assert.equal(alien?.json, '{"Title":"Alien","Year":1979}');
  assert.deepEqual(
    (await movies.list().toArray()).map((movie) => movie.id),
    [id],
  );
  await movies.document(id).delete();
  assert.equal(await movies.document(id).get(), undefined);
});

test("views come through a line that is cut, and say while nobody stands behind them", async () => {
  const proxy = new CuttingProxy(server.address);
  const address = await proxy.start();
  try {
    await using vibe = new VibeClient(address, { token: () => alice.token() });
    await using direct = alice.client();
    const watched = vibe.me.collection("watched");
    const views = watched.snapshots()[Symbol.asyncIterator]();
    assert.equal((await next(views)).documents.size, 0);

    proxy.refuse(true);
    proxy.cut();
    const offline = await next(views);
    assert.equal(offline.live, false);
    assert.equal(offline.error?.code, "unavailable");

    await direct.me.collection("watched").document("m1").create({ Title: "Heat" });
    proxy.refuse(false);
    let view = await next(views);
    while (view.documents.size === 0) {
      view = await next(views);
    }
    assert.equal(view.live, true);
    assert.deepEqual(view.documents.get("m1")?.value, { Title: "Heat" });
  } finally {
    proxy.close();
  }
});

test("all that a client follows is one stream, and one more who joins disturbs nobody", async () => {
  let resets = 0;
  await using vibe = new VibeClient(server.address, {
    token: () => alice.token(),
    logger: { debug: () => {}, warn: (message) => assert.fail(message) },
  });
  const one = vibe.me.collection("one");
  const pages = one.subscribe()[Symbol.asyncIterator]();
  assert.equal((await next(pages)).live, true);
  const views = vibe.me.collection("two").snapshots()[Symbol.asyncIterator]();
  await next(views);
  for (let at = 0; at < 10; at++) {
    await one.document(`m${at}`).create({ at });
  }
  const seen: string[] = [];
  while (seen.length < 10) {
    const page = await next(pages);
    resets += page.reset ? 1 : 0;
    seen.push(...page.changes.map(({ id }) => id));
  }
  assert.deepEqual(seen, ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9"]);
  assert.equal(resets, 0);
});

test("a grant that is revoked ends what the app follows", async () => {
  const notes = await alice.app("notes", { collection: "people", operations: ["read"], fields: ["/name"] });
  await using vibe = notes.client();
  const views = vibe.me.collection("people").snapshots()[Symbol.asyncIterator]();
  await next(views);
  const end = views.next();
  await notes.revoke();
  await assert.rejects(end, (error) => error instanceof VibeError && error.reason === "GRANT_REVOKED");
  assert.equal((await views.next()).done, true);
});

test("raw opens what the client has no verb for", async () => {
  await using vibe = alice.client();
  const { grants } = await vibe.raw(GrantService).listGrants({ parent: `spaces/${alice.spaceId}` });
  assert.ok(Array.isArray(grants));
  await assert.rejects(vibe.raw(GrantService).getGrant({ name: "spaces/me/grants/none" }), (error) => {
    const read = VibeError.from(error);
    return read.reason !== undefined && read.requestId !== undefined;
  });
});

test("over gRPC-web it is the same", async () => {
  await using vibe = new VibeClient(server.web, {
    token: () => alice.token(),
    transport: createGrpcWebTransport({ baseUrl: server.web }),
  });
  const movies = vibe.me.collection<Movie>("web");
  await movies.document("m1").create({ Title: "Alien" });
  await assert.rejects(
    movies.document("m1").create({ Title: "Alien" }),
    (error) => error instanceof VibeError && error.reason === "RESOURCE_EXISTS" && error.requestId !== undefined,
  );
  const views = movies.snapshots()[Symbol.asyncIterator]();
  assert.equal((await next(views)).documents.size, 1);
});

async function next<T>(items: AsyncIterator<T>): Promise<T> {
  const { done, value } = await items.next();
  assert.ok(!done);
  return value;
}
