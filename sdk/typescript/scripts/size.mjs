// Says what a page pays for the client, and holds that nothing of node's way to the server is in it.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

process.chdir(new URL("..", import.meta.url).pathname);

async function bundle(contents) {
  const result = await build({
    stdin: { contents, resolveDir: ".", sourcefile: "page.js" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    write: false,
    metafile: true,
  });
  return { code: result.outputFiles[0].contents, inputs: Object.keys(result.metafile.inputs) };
}

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const page = await bundle(`
  import { VibeClient } from "@vibespace/client";
  const vibe = new VibeClient(location.origin, { token: "t" });
  for await (const now of vibe.me.collection("movies").snapshots()) console.log(now.documents.size);
`);
const unused = await bundle('import { VibeClient } from "@vibespace/client"; console.log(1);');
console.log(`a page: ${kilobytes(page.code.length)} minified, ${kilobytes(gzipSync(page.code).length)} gzip`);
console.log(`an import that nobody uses: ${unused.code.length} bytes`);

const strangers = page.inputs.filter((input) =>
  /connect-node|transport\.node|consent|identity\/v1\/(?!server_service)/.test(input),
);
if (strangers.length > 0 || unused.code.length > 100) {
  console.error(`Not wanted in a page: ${strangers.join(", ") || "what nobody uses"}.`);
  process.exitCode = 1;
}
