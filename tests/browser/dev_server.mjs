import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const command =
  process.env["VIBE_CLI"] ?? new URL("../../artifacts/bin/Vibe.Cli/debug/vibe.dll", import.meta.url).pathname;

// What the shell of the tests is set to is about other servers.
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VIBE_")));

/** A process of the command, and the lines that it writes to stdout. */
export class Command {
  #process;
  #lines;
  #ended;

  constructor(...args) {
    this.#process = spawn("dotnet", [command, ...args], { stdio: ["ignore", "pipe", "inherit"], env: environment });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    this.#ended = once(this.#process, "exit");
  }

  /** Reads up to the first line that a test holds for. */
  async line(isWanted) {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) {
        throw new Error("The command ended.");
      }
      if (isWanted(value)) {
        return value;
      }
    }
  }

  /** Waits for the end, and gives the exit code. */
  async end() {
    const [code] = await this.#ended;
    return code;
  }

  async stop() {
    this.#process.kill("SIGTERM");
    await this.#ended;
  }
}

/** `vibe dev` on a folder of its own. */
export class DevServer {
  #folder;
  #port;
  #dev;
  /** The address that signs a browser in, once. */
  page;

  static async start(...args) {
    const server = new DevServer();
    server.#folder = await mkdtemp(join(tmpdir(), "vibe-browser-"));
    server.#port = await twoFreePorts();
    await server.#begin(...args);
    return server;
  }

  get origin() {
    return new URL(this.page).origin;
  }

  /** Runs a command on the same data, to its end. */
  async run(...args) {
    const { stdout } = await promisify(execFile)("dotnet", [command, ...args, "--data", this.#folder], {
      env: environment,
    });
    return stdout;
  }

  /** Writes JSON to a file for a command to read, and gives its path. */
  async write(name, json) {
    const path = join(this.#folder, name);
    await writeFile(path, JSON.stringify(json));
    return path;
  }

  /** Starts a command on the same data. */
  follow(...args) {
    return new Command(...args, "--data", this.#folder);
  }

  async stop() {
    await this.#dev.stop();
  }

  /** Starts it again, on the same data and the same ports. */
  async startAgain() {
    await this.#begin();
  }

  async dispose() {
    await this.#dev.stop();
    await rm(this.#folder, { recursive: true });
  }

  async #begin(...args) {
    this.#dev = new Command("dev", "--port", String(this.#port), "--data", this.#folder, ...args);
    const line = await this.#dev.line((text) => text.startsWith("page "));
    this.page = line.split(/\s+/)[1];
    if (!this.page?.startsWith("http://")) {
      throw new Error(`There is no page to test. ${line}`);
    }
  }
}

// A test that starts a server again needs it where it was, so that it cannot take any ports that are free.
async function twoFreePorts() {
  for (;;) {
    const first = await listen(0);
    const { port } = first.address();
    // Taken: the next two are tried.
    const second = await listen(port + 1).catch(() => undefined);
    first.close();
    second?.close();
    if (second !== undefined) {
      return port;
    }
  }
}

async function listen(port) {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}
