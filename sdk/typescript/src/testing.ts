import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { Operation } from "./acl.js";
import { VibeClient, type VibeClientOptions } from "./client.js";
import { trust } from "./codec.js";
import { encodeObject } from "./json.js";
import { DocumentSnapshot } from "./snapshot.js";

const run = promisify(execFile);

/** What a server for tests is told. */
export interface ServerOptions {
  /**
   * The program `vibe` and what stands before its own arguments, such as `["dotnet", "vibe.dll"]`; unless given, the
   * path in the variable VIBE_COMMAND, or `vibe`.
   */
  readonly command?: readonly [string, ...string[]] | undefined;
}

/** What an app may do with one collection. */
export interface Allow {
  readonly collection: string;
  readonly operations: readonly Operation[];
  /** Top-level members as JSON Pointers, such as `/name`; all of them unless given. */
  readonly fields?: readonly string[] | undefined;
  /** Documents of other people as well, where their lists admit the person; false unless given. */
  readonly includeShared?: boolean | undefined;
}

/** Somebody who may call: a person in a session of their own, or an app on their behalf. */
export class Caller {
  readonly #server: TestServer;
  readonly #identity: readonly string[];

  /** Callers come from `person` and `app`. */
  constructor(server: TestServer, identity: readonly string[]) {
    this.#server = server;
    this.#identity = identity;
  }

  /** Gives a fresh access token, of 15 minutes. */
  token(): Promise<string> {
    return this.#server.command("token", ...this.#identity);
  }

  /** Makes a client that renews its tokens by itself. Closing it remains with the test. */
  client(options: Omit<VibeClientOptions, "token"> = {}): VibeClient {
    return new VibeClient(this.#server.address, { ...options, token: () => this.token() });
  }
}

/** A person with an account. */
export class Person extends Caller {
  /** The id of the person's space. */
  readonly spaceId: string;
  /** The person's DID, for access lists. */
  readonly did: string;

  readonly #server: TestServer;

  /** People come from `person` of a server. */
  constructor(server: TestServer, did: string, spaceId: string) {
    super(server, ["--as", did]);
    this.#server = server;
    this.did = did;
    this.spaceId = spaceId;
  }

  /** Lets an app of that id do something; an app that is not there yet is made. */
  async app(id: string, ...allow: readonly Allow[]): Promise<App> {
    const access = allow.map(({ collection, operations, fields = ["*"], includeShared = false }) => ({
      collection,
      operations: operations.map((operation) => `OPERATION_${operation.toUpperCase()}`),
      fields,
      includeShared,
    }));
    await this.#server.addApp(id, access);
    const name = await this.#server.withFile({ access: access.map(always) }, async (file) => {
      const grant = await this.#server.command("grant", "add", id, "--as", this.did, "--file", file, "--json");
      return (JSON.parse(grant) as { name: string }).name;
    });
    return new App(this.#server, this.did, id, name);
  }
}

function always<T extends object>(entry: T): T & { mode: string } {
  return { ...entry, mode: "ACCESS_MODE_ALWAYS" };
}

/** An app that a person lets do something. */
export class App extends Caller {
  readonly #server: TestServer;
  readonly #did: string;
  readonly #grant: string;

  /** Apps come from `app` of a person. */
  constructor(server: TestServer, did: string, id: string, grant: string) {
    super(server, ["--as", did, "--app", id]);
    this.#server = server;
    this.#did = did;
    this.#grant = grant;
  }

  /** The person ends the grant. */
  async revoke(): Promise<void> {
    await this.#server.command("grant", "revoke", this.#grant, "--as", this.#did);
  }
}

/** A real server of its own, on free ports of this machine, with its data in a folder that goes with it. */
export class TestServer implements AsyncDisposable {
  /** Where it speaks gRPC over HTTP/2. */
  readonly address: string;
  /** Where it speaks gRPC-web and REST over HTTP/1.1. */
  readonly web: string;

  readonly #program: string;
  readonly #leading: readonly string[];
  readonly #folder: string;
  readonly #stop: () => Promise<void>;
  readonly #apps = new Map<string, object[]>();

  /** Servers come from `startServer`. */
  constructor(
    addresses: { readonly grpc: string; readonly web: string },
    command: readonly [string, ...string[]],
    folder: string,
    stop: () => Promise<void>,
  ) {
    this.address = addresses.grpc;
    this.web = addresses.web;
    [this.#program, ...this.#leading] = command;
    this.#folder = folder;
    this.#stop = stop;
  }

  /** Makes a person of that display name. */
  async person(name: string): Promise<Person> {
    const account = JSON.parse(await this.command("account", "add", name, "--json")) as { did: string; space: string };
    return new Person(this, account.did, account.space.replace("spaces/", ""));
  }

  /** Stops the server and removes its data. */
  async close(): Promise<void> {
    await this.#stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Stops the server and removes its data. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Runs a command of `vibe` on the server's data and gives what it wrote. */
  async command(...args: readonly string[]): Promise<string> {
    const { stdout } = await run(this.#program, [...this.#leading, ...args, "--data", join(this.#folder, "data")]);
    return stdout.trim();
  }

  /** @internal Makes an app, or lets its manifest ask for more. */
  async addApp(id: string, access: readonly object[]): Promise<void> {
    const before = this.#apps.get(id);
    const all = [...(before ?? []), ...access.map((entry) => ({ ...entry, purpose: "To be tested." }))];
    this.#apps.set(id, all);
    await this.withFile({ id, displayName: id, access: all }, (file) =>
      this.command("app", "add", file, ...(before === undefined ? [] : ["--update"])),
    );
  }

  /** @internal */
  async withFile<T>(content: object, use: (file: string) => Promise<T>): Promise<T> {
    const file = join(this.#folder, `${crypto.randomUUID()}.json`);
    await writeFile(file, JSON.stringify(content));
    return use(file);
  }
}

/**
 * Starts a server for tests: the real one, since fakes agree with whoever wrote them. It needs the program `vibe`.
 * @throws {Error} It could not be started; the message holds what it said.
 */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const command = options.command ?? [process.env["VIBE_COMMAND"] ?? "vibe"];
  const [program, ...leading] = command;
  const folder = await mkdtemp(join(tmpdir(), "vibe-test-"));
  const data = join(folder, "data");
  const server = spawn(program, [...leading, "dev", "--port", "0", "--json", "--data", data], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  server.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-10_000);
  });
  const ended = new Promise<never>((_, reject) => {
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`vibe dev ended with ${code}: ${said}`)));
  });
  const kill = () => server.kill();
  process.once("exit", kill);
  const stop = async () => {
    process.off("exit", kill);
    server.kill();
    // It ends by being told to: that is no failure.
    await ended.catch(() => {});
  };
  try {
    const first = new Promise<string>((resolve) => createInterface({ input: server.stdout }).once("line", resolve));
    const addresses = JSON.parse(await Promise.race([first, ended])) as { grpc: string; web: string };
    // From here on it is the calls that fail when the server is gone.
    ended.catch(() => {});
    return new TestServer(addresses, command, folder, stop);
  } catch (error) {
    await stop();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** What a snapshot that is made for a test may be told. */
export interface SnapshotOptions {
  readonly etag?: string | undefined;
  readonly createTime?: Date | undefined;
  readonly updateTime?: Date | undefined;
}

/** Makes a snapshot of a value, so that code which takes one is tested without any server. */
export function snapshot<T extends object>(id: string, value: T, options: SnapshotOptions = {}): DocumentSnapshot<T> {
  const { etag = "", createTime = new Date(0), updateTime = createTime } = options;
  const json = encodeObject(value, "A document");
  return new DocumentSnapshot<T>({ id, json, etag, createTime, updateTime, acl: undefined }, trust);
}
