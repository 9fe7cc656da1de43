// Bundles what a page needs to read, to write and to follow, by the client and by the generated code alone, minified.
// Usage: bundles.mjs FOLDER    writes ours.js and bare.js there
import { build } from "esbuild";

const folder = process.argv[2];
process.chdir(new URL("..", import.meta.url).pathname);

const pages = {
  ours: `
    import { VibeClient } from "@vibespace/client";
    const films = new VibeClient(location.origin, { token: "t" }).me.collection("films");
    console.log(await films.create({}), await films.document("a").get());
    for await (const page of films.subscribe()) console.log(page.changes);
  `,
  bare: `
    import { createClient } from "@connectrpc/connect";
    import { createGrpcWebTransport } from "@connectrpc/connect-web";
    import { DocumentService } from "@vibespace/client/gen/vibe/data/v1/document_service_pb";
    import { SyncService } from "@vibespace/client/gen/vibe/sync/v1/sync_service_pb";
    const transport = createGrpcWebTransport({ baseUrl: location.origin });
    const [films, sync] = [createClient(DocumentService, transport), createClient(SyncService, transport)];
    console.log(await films.batchWrite({}), await films.getDocument({}));
    for await (const message of sync.subscribe({})) console.log(message);
  `,
};

for (const [side, contents] of Object.entries(pages)) {
  await build({
    stdin: { contents, resolveDir: ".", sourcefile: `${side}.js` },
    outfile: `${folder}/${side}.js`,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
  });
}
