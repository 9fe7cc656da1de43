// Speaks to a server with protos that are loaded as they lie there, and prints what it saw as a line of JSON.
// Usage: loaded.mjs PROTOS IMPORTS ADDRESS TOKEN
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const [protos, imports, address, token] = process.argv.slice(2);
const files = [
  "vibe/data/v1/document_service.proto",
  "vibe/sync/v1/sync_service.proto",
  "google/rpc/status.proto",
  "google/rpc/error_details.proto",
];
const definition = protoLoader.loadSync(files, { includeDirs: [protos, imports], oneofs: true, json: true });
const { vibe } = grpc.loadPackageDefinition(definition);

const movies = "spaces/me/collections/movies";
const bearer = new grpc.Metadata();
bearer.set("authorization", `Bearer ${token}`);
const options = () => ({ deadline: Date.now() + 30_000 });
const documents = new vibe.data.v1.DocumentService(address, grpc.credentials.createInsecure());
const sync = new vibe.sync.v1.SyncService(address, grpc.credentials.createInsecure());

const call = (method, request) =>
  new Promise((answered, failed) =>
    documents[method](request, bearer, options(), (error, response) => (error ? failed(error) : answered(response))),
  );
const create = (documentId, content) =>
  call("createDocument", { parent: movies, documentId, document: { json: Buffer.from(JSON.stringify(content)) } });

async function pageOf(events, isMeant) {
  for (;;) {
    const { done, value } = await events.next();
    if (done) throw new Error("The stream ended.");
    if (value.page && isMeant(value.page)) return value.page;
  }
}

function reason(error) {
  const [sent] = error.metadata.get("grpc-status-details-bin");
  const { details } = definition["google.rpc.Status"].deserialize(sent);
  const info = details.find((detail) => detail["@type"].endsWith("/google.rpc.ErrorInfo"));
  return `${info.domain} ${info.reason}`;
}

const { document: created } = await create("m1", { Title: "Alien" });
const { document: read } = await call("getDocument", { name: `${movies}/documents/m1`, jsonBodies: true });

const stream = sync.subscribe({ scope: { collection: movies } }, bearer, options());
const events = stream[Symbol.asyncIterator]();
const caughtUp = await pageOf(events, (page) => page.checkpoint);
await create("m2", { Title: "Aliens" });
const changed = await pageOf(events, (page) => page.changes?.length > 0);

const refused = await create("m1", { Title: "Alien" }).then(
  () => null,
  (error) => [grpc.status[error.code], reason(error)],
);

const line = JSON.stringify({
  created: created.etag,
  read: [read.etag, JSON.parse(read.json)],
  caughtUp: caughtUp.changes.map(({ documentId }) => documentId),
  changed: changed.changes.map(({ documentId, put }) => [documentId, JSON.parse(put.json)]),
  refused,
});
// The stream is still open.
process.stdout.write(`${line}\n`, () => process.exit());
