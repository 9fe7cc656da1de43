// Makes the page: one html, one css, one js, each put in place whole.
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { build } from "esbuild";

process.chdir(new URL(".", import.meta.url).pathname);
const target = "../artifacts/web";
await mkdir(target, { recursive: true });
const draft = await mkdtemp(`${target}.`);
try {
  await build({
    entryPoints: ["src/page.ts", "src/page.css"],
    outdir: draft,
    bundle: true,
    minify: true,
    charset: "utf8",
    legalComments: "none",
    format: "iife",
    target: ["chrome123", "firefox121", "safari17.5"],
    platform: "browser",
    preserveSymlinks: true,
    logLevel: "warning",
  });
  await copyFile("src/index.html", `${draft}/index.html`);
  for (const file of await readdir(draft)) {
    await rename(`${draft}/${file}`, `${target}/${file}`);
  }
} finally {
  await rm(draft, { recursive: true });
}
