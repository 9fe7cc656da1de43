// Does with the client what the cases ask for, and says what it observed; see tests/cases/README.md. It judges nothing.
import {
  AccessToken,
  Edit,
  pointer,
  VibeClient,
  VibeError,
  type Acl,
  type Change,
  type ChangePage,
  type Collection,
  type CollectionSnapshot,
  type DocumentSnapshot,
  type JsonObject,
  type JsonValue,
  type Space,
  type WriteResult,
} from "@vibespace/client";
import { DocumentService } from "@vibespace/client/gen/vibe/data/v1/document_service_pb";

/** A request or an answer: an object whose members the host and the page of the cases agree on. */
export type Line = Record<string, any>;

type View = CollectionSnapshot<JsonObject> | ChangePage<JsonObject>;

interface Feed {
  readonly items: AsyncIterator<View>;
  readonly stop: AbortController;
}

interface Opened {
  readonly vibe: VibeClient;
  tokensAsked: number;
}

type Verb = (request: Line, stop: AbortController) => Promise<unknown>;

const clients = new Map<string, Opened>();
const feeds = new Map<string, Feed>();
const underWay = new Map<number, AbortController>();

const call = "timeout";
const key = "idempotencyKey timeout";
const at = "client space collection document";

/** What each request may hold, and does. */
const verbs: Record<string, [members: string, verb: Verb]> = {
  open: ["client address web tokens timeout retry application", open],
  close: ["client", async (request) => (await opened(request).vibe.close(), {})],
  tokensAsked: ["client", async (request) => ({ count: opened(request).tokensAsked })],
  id: ["client", async (request) => ({ id: opened(request).vibe.me.collection("c").newDocument().id })],
  pointer: ["client segments", async ({ segments }) => ({ pointer: pointer(...segments) })],
  get: [`${at} consistencyToken ${call}`, get],
  list: ["client space collection pageSize pageToken consistencyToken timeout", list],
  page: ["client space collection pageSize pageToken consistencyToken timeout", page],
  collections: ["client space pageSize", collections],
  create: [`${at} value acl ${key}`, create],
  update: [`${at} members edit ifMatch allowMissing ${key}`, update],
  replace: [`${at} value ifMatch allowMissing ${key}`, replace],
  delete: [`${at} ifMatch allowMissing ${key}`, remove],
  setAcl: [`${at} acl ifMatch ${key}`, setAcl],
  batch: [`client space writes twice ${key}`, batch],
  raw: [at, raw],
  snapshots: ["client space collection feed", snapshots],
  subscribe: ["client space collection feed resumeToken", subscribe],
  next: ["feed", next],
  leave: ["feed", leave],
  cancel: ["call", cancel],
};

export async function answer(request: Line): Promise<Line> {
  const { id } = request;
  const [members, verb] = verbs[request["do"]] ?? [];
  if (members === undefined || verb === undefined) {
    return { id, unknown: `do ${request["do"]}` };
  }
  const known = ["id", "do", ...members.split(" ")];
  const stranger = Object.keys(request).find((member) => !known.includes(member));
  if (stranger !== undefined) {
    return { id, unknown: stranger };
  }
  const stop = new AbortController();
  underWay.set(id, stop);
  try {
    return { id, ok: await verb(request, stop) };
  } catch (error) {
    return { id, ...failed(error, underWay.get(id)?.signal) };
  } finally {
    underWay.delete(id);
  }
}

Object.assign(globalThis, { vibeCase: answer });

function failed(error: unknown, signal: AbortSignal | undefined): Line {
  if (error instanceof VibeError) {
    return { error: shownError(error) };
  }
  if (signal?.aborted && error === signal.reason) {
    return { cancelled: true };
  }
  const isMisuse =
    error instanceof TypeError ||
    error instanceof RangeError ||
    (error instanceof DOMException && error.name === "InvalidStateError");
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return isMisuse ? { misuse: text } : { broken: error instanceof Error ? `${text}\n${error.stack}` : text };
}

async function open(request: Line): Promise<Line> {
  const tokens = request["tokens"] as readonly unknown[];
  const { retry } = request;
  const made: Opened = {
    vibe: new VibeClient(typeof document === "undefined" ? request["address"] : request["web"], {
      token: ({ signal }) => {
        const at = Math.min(made.tokensAsked++, tokens.length - 1);
        return tokenOf(tokens[at], signal);
      },
      timeoutMs: milliseconds(request["timeout"]),
      retry: retry && {
        maxAttempts: retry.maxAttempts,
        baseDelayMs: milliseconds(retry.baseDelay),
        maxDelayMs: milliseconds(retry.maxDelay),
      },
      application: request["application"],
    }),
    tokensAsked: 0,
  };
  clients.set(request["client"], made);
  return {};
}

async function tokenOf(told: any, signal: AbortSignal): Promise<string | AccessToken | undefined> {
  if (told === null || told === undefined) {
    return undefined;
  }
  if (typeof told === "string") {
    return told;
  }
  if (told.fail !== undefined) {
    throw new Error(told.fail);
  }
  if (told.hang) {
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }
  return new AccessToken(told.value, new Date(Date.now() + told.expiresIn * 1000));
}

function opened(request: Line): Opened {
  const client = clients.get(request["client"]);
  if (client === undefined) {
    throw new Error(`No client ${request["client"]} is open.`);
  }
  return client;
}

function spaceOf(request: Line): Space {
  const { vibe } = opened(request);
  return request["space"] === "me" ? vibe.me : vibe.space(request["space"]);
}

function collectionOf(request: Line): Collection<JsonObject> {
  return spaceOf(request).collection(request["collection"]);
}

function documentOf(request: Line) {
  return collectionOf(request).document(request["document"]);
}

function callOptions(request: Line, stop: AbortController) {
  return { timeoutMs: milliseconds(request["timeout"]), signal: stop.signal };
}

function listOptions(request: Line, stop: AbortController) {
  const { consistencyToken, pageSize, pageToken } = request;
  return { ...callOptions(request, stop), consistencyToken, pageSize, pageToken };
}

async function get(request: Line, stop: AbortController): Promise<Line> {
  const { consistencyToken } = request;
  const found = await documentOf(request).get({ ...callOptions(request, stop), consistencyToken });
  return { document: found === undefined ? null : shown(found) };
}

async function list(request: Line, stop: AbortController): Promise<Line> {
  const documents = await collectionOf(request).list(listOptions(request, stop)).toArray();
  return { documents: documents.map(shown) };
}

async function page(request: Line, stop: AbortController): Promise<Line> {
  const { value } = await collectionOf(request).list(listOptions(request, stop)).pages().next();
  return { documents: value?.items.map(shown), nextPageToken: value?.nextPageToken ?? null };
}

async function collections(request: Line, stop: AbortController): Promise<Line> {
  const found = await spaceOf(request)
    .listCollections({ pageSize: request["pageSize"], signal: stop.signal })
    .toArray();
  return { collections: found.map(({ id }) => id) };
}

async function raw(request: Line, stop: AbortController): Promise<Line> {
  const stub = opened(request).vibe.raw(DocumentService);
  try {
    const answer = await stub.getDocument({ name: documentOf(request).name }, { signal: stop.signal });
    return { etag: answer.document?.etag };
  } catch (error) {
    stop.signal.throwIfAborted();
    throw VibeError.from(error);
  }
}

function writeOptions(request: Line, stop: AbortController) {
  return { ...callOptions(request, stop), idempotencyKey: request["idempotencyKey"], ...conditionOf(request) };
}

function conditionOf({ acl, ifMatch, allowMissing }: Line): Line {
  return { acl, ifMatch, allowMissing };
}

async function create(request: Line, stop: AbortController): Promise<Line> {
  const options = writeOptions(request, stop);
  const { value } = request;
  return written(
    request["document"] === undefined
      ? await collectionOf(request).create(value, options)
      : await documentOf(request).create(value, options),
  );
}

async function update(request: Line, stop: AbortController): Promise<Line> {
  return written(await documentOf(request).update(changeOf(request), writeOptions(request, stop)));
}

async function replace(request: Line, stop: AbortController): Promise<Line> {
  return written(await documentOf(request).replace(request["value"], writeOptions(request, stop)));
}

async function remove(request: Line, stop: AbortController): Promise<Line> {
  return written(await documentOf(request).delete(writeOptions(request, stop)));
}

async function setAcl(request: Line, stop: AbortController): Promise<Line> {
  const { acl, ...rest } = request;
  return written(await documentOf(request).setAcl(acl, writeOptions(rest, stop)));
}

async function batch(request: Line, stop: AbortController): Promise<Line> {
  const batch = spaceOf(request).batch();
  for (const write of request["writes"] as Line[]) {
    const { client, space } = request;
    const document = documentOf({ client, space, ...write });
    const { acl, ...rest } = write;
    switch (write["do"]) {
      case "create":
        batch.create(document, write["value"], conditionOf(write));
        break;
      case "update":
        batch.update(document, changeOf(write), conditionOf(write));
        break;
      case "replace":
        batch.replace(document, write["value"], conditionOf(write));
        break;
      case "delete":
        batch.delete(document, conditionOf(write));
        break;
      case "setAcl":
        batch.setAcl(document, acl as Acl, conditionOf(rest));
        break;
      default:
        throw new Error(`A batch does not ${write["do"]}.`);
    }
  }
  let results = await batch.commit(writeOptions(request, stop));
  if (request["twice"]) {
    results = await batch.commit();
  }
  return { results: results.map(written) };
}

function changeOf({ members, edit }: Line): Edit | JsonObject {
  if (edit === undefined) {
    return members as JsonObject;
  }
  return (edit as Line[]).reduce<Edit>(
    (whole, step) =>
      step["set"] === undefined ? whole.remove(step["remove"]) : whole.set(step["set"][0], step["set"][1]),
    new Edit(),
  );
}

async function snapshots(request: Line): Promise<Line> {
  const stop = new AbortController();
  return addFeed(request, stop, collectionOf(request).snapshots({ signal: stop.signal }));
}

async function subscribe(request: Line): Promise<Line> {
  const stop = new AbortController();
  const { resumeToken } = request;
  return addFeed(request, stop, collectionOf(request).subscribe({ resumeToken, signal: stop.signal }));
}

function addFeed(request: Line, stop: AbortController, views: AsyncIterable<View>): Line {
  feeds.set(request["feed"], { items: views[Symbol.asyncIterator](), stop });
  return {};
}

function feedOf(request: Line): Feed {
  const feed = feeds.get(request["feed"]);
  if (feed === undefined) {
    throw new Error(`No feed ${request["feed"]} is open.`);
  }
  return feed;
}

async function next(request: Line): Promise<Line> {
  const { items, stop } = feedOf(request);
  underWay.set(request["id"], stop);
  const { done, value } = await items.next();
  if (done) {
    throw new Error("The feed is over.");
  }
  return "documents" in value ? { snapshot: view(value) } : { page: changePage(value) };
}

async function leave(request: Line): Promise<Line> {
  await feedOf(request).items.return?.();
  return {};
}

async function cancel(request: Line): Promise<Line> {
  const call = underWay.get(request["call"]);
  if (call === undefined) {
    throw new Error(`No request ${request["call"]} is under way.`);
  }
  call.abort();
  return {};
}

function shown(document: DocumentSnapshot<JsonObject>): Line {
  return {
    id: document.id,
    json: document.json,
    value: document.value satisfies JsonValue,
    etag: document.etag,
    createTime: document.createTime.toISOString(),
    updateTime: document.updateTime.toISOString(),
    acl: document.acl === undefined ? null : { allow: document.acl.allow, deny: document.acl.deny },
  };
}

function written({ id, etag, updateTime, consistencyToken }: WriteResult): Line {
  return { id, etag: etag ?? null, updateTime: updateTime?.toISOString() ?? null, consistencyToken };
}

function view({ documents, changes, live, error }: CollectionSnapshot<JsonObject>): Line {
  return {
    documents: [...documents.values()].map(shown),
    changes: changes.map(change),
    live,
    error: error === undefined ? null : shownError(error),
  };
}

function changePage({ changes, reset, live, resumeToken }: ChangePage<JsonObject>): Line {
  return { changes: changes.map(change), reset, live, resumeToken };
}

function change({ id, document, cause }: Change<JsonObject>): Line {
  return { id, document: document === undefined ? null : shown(document), cause: cause ?? null };
}

function shownError(error: VibeError): Line {
  return {
    code: error.code,
    reason: error.reason ?? null,
    message: error.message,
    metadata: error.metadata,
    violations: error.violations,
    requestId: error.requestId ?? null,
    retryDelay: error.retryDelayMs === undefined ? null : error.retryDelayMs / 1000,
    retryable: error.retryable,
  };
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
