// Makes the load that it is told to, a request a line, by the client or by the generated code alone: `load.js ours|bare`.
// What either side does is the same, as is the loop around it; benchmarks/README.md says what is asked and answered.
import { createInterface } from "node:readline";
import type { JsonObject } from "@vibespace/client";
import type { Side } from "./side.js";

type Request =
  | { do: "open"; address: string; token: string }
  | { do: "get"; document: string; inFlight: number; seconds: number }
  | { do: "create"; value: JsonObject; inFlight: number; seconds: number }
  | { do: "follow"; more: number; keep: boolean };

// What the other side needs is not even loaded.
const { OpenedSide } = process.argv.at(-1) === "ours" ? await import("./ours.js") : await import("./bare.js");
const kept: unknown[] = [];
let opened: Side | undefined;

say({ loaded: true });
for await (const line of createInterface({ input: process.stdin })) {
  await run(JSON.parse(line) as Request);
}
process.exit();

async function run(request: Request): Promise<void> {
  if (request.do === "open") {
    opened = new OpenedSide(request.address, request.token);
    say({});
    return;
  }
  if (opened === undefined) {
    throw new Error("Nothing was opened.");
  }
  const side = opened;
  switch (request.do) {
    case "get":
      return repeat(request, () => side.get(request.document));
    case "create":
      return repeat(request, () => side.create(request.value));
    case "follow":
      return follow(side, request.more, request.keep);
  }
}

/** Calls so many times at once, each again when it has its answer, for so long. */
async function repeat(request: { inFlight: number; seconds: number }, call: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  const end = began + request.seconds * 1000;
  let done = 0;
  const work = async () => {
    for (; performance.now() < end; done++) {
      await call();
    }
  };
  await Promise.all(Array.from({ length: request.inFlight }, work));
  sayDone(done, began);
}

/** Follows until the reader has all, says so, and where more is to come goes on until it has come. */
async function follow(side: Side, more: number, keep: boolean): Promise<void> {
  const held = new Map<string, unknown>();
  if (keep) {
    // It is looked at from outside.
    kept.push(held);
  }
  let began = performance.now();
  let expected = Infinity;
  for await (const isAll of side.follow(held, keep)) {
    if (isAll && expected === Infinity) {
      sayDone(held.size, began);
      expected = held.size + more;
      began = performance.now();
    }
    if (held.size >= expected) {
      break;
    }
  }
  if (more > 0) {
    sayDone(more, began);
  }
}

function sayDone(done: number, began: number): void {
  say({ done, seconds: (performance.now() - began) / 1000 });
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
