// The README's code does what it says, on a real server.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startServer } from "@vibespace/client/testing";
import { vibeProgram } from "./program.js";
import type { Movie, Scene } from "./scene.js";

test("the first lines print what they promise, and every other block runs", async () => {
  await using server = await startServer({ command: vibeProgram() });
  const alice = await server.person("alice");
  const token = await alice.token();

  const firstLines = spawn(process.execPath, [fileURLToPath(new URL("readme/first_lines.js", import.meta.url))], {
    env: { ...process.env, VIBE_ADDRESS: server.address, VIBE_TOKEN: token },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: firstLines.stdout })) {
    lines.push(line);
    if (lines.length === 2) {
      break;
    }
  }
  firstLines.kill();
  assert.deepEqual(lines, ["Alien 8.5", "live 1 movies"]);

  await using vibe = alice.client();
  const movies = vibe.me.collection<Movie>("others");
  const alien = movies.newDocument();
  await alien.create({ Title: "Alien" });
  const enough = new Error("enough");
  const stored: string[] = [];
  const recorded: string[] = [];
  const scene: Scene = {
    vibe,
    movies,
    alien,
    address: server.address,
    store: {
      resumeToken: undefined,
      beginGeneration: () => stored.push("reset"),
      put: (id, document) => stored.push(document?.value.Title ?? `no ${id}`),
      dropOlderGenerations: () => stored.push("live"),
      commit: () => {
        throw enough;
      },
    },
    signIn: async () => ({ token, expiresAt: new Date(Date.now() + 600_000) }),
    metrics: { record: (method) => recorded.push(method) },
    startServer: () => startServer({ command: vibeProgram() }),
  };
  const { blocks } = (await import(new URL("readme/blocks.js", import.meta.url).href)) as {
    blocks: ((scene: Scene) => Promise<void>)[];
  };
  assert.equal(blocks.length, 6);
  for (const block of blocks) {
    await block(scene).catch((error: unknown) => assert.equal(error, enough));
  }
  assert.deepEqual(stored, ["reset", "Heat", "live"]);
  assert.deepEqual(recorded, ["GetDocument"]);
});
