// Reads requests of the cases line by line from stdin, and writes the answers to stdout as they come.
import { createInterface } from "node:readline";
import { answer } from "./case_runner.js";

for await (const line of createInterface({ input: process.stdin })) {
  void answer(JSON.parse(line)).then((answered) => process.stdout.write(`${JSON.stringify(answered)}\n`));
}

// What still follows or waits would keep the process; the host has heard all that it wants.
process.exit();
