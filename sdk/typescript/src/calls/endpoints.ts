import type { DescMethod } from "@bufbuild/protobuf";
import { protocol } from "#transport";
import type { VibeError } from "../errors.js";
import type { Endpoint, GetServerResponse } from "../gen/vibe/identity/v1/server_service_pb.js";
import { untilAborted } from "./waiting.js";

/** How long the server has to say how it is reached. */
export const patienceMs = 10_000;

// As long as the contract lets an answer be kept, and how soon one that led nowhere is doubted.
const keptMs = 300_000;
const keptInDoubtMs = 5_000;

/** Asks the server, without a token. */
export type Ask = () => Promise<GetServerResponse>;

/**
 * Where each package is reached. The server is asked beside the first call, which does not wait for it, and again beside
 * later ones; until it has answered, and where it does not, everything is at the given address.
 */
export class Endpoints {
  readonly given: string;
  readonly #ask: Ask | undefined;
  readonly #failed: (error: unknown) => void;
  #elsewhere: ReadonlyMap<string, string> = new Map();
  #asking: Promise<void> | undefined;
  #first: Promise<void> | undefined;
  #askedAt = -Infinity;
  #askAgainAt = -Infinity;
  #freshUntil = -Infinity;

  /** Without a way to ask, everything stays where it is. */
  constructor(given: URL, ask: Ask | undefined, failed: (error: unknown) => void) {
    this.given = baseOf(given);
    this.#ask = ask;
    this.#failed = failed;
  }

  /** The address of a method. */
  of(method: DescMethod): string {
    return this.#elsewhere.get(method.parent.file.proto.package) ?? this.given;
  }

  /** Asks where that is due. Nobody waits for it. */
  askBeside(): void {
    if (this.#asking === undefined && performance.now() >= this.#askAgainAt) {
      this.#begin();
    }
  }

  /** Waits until the server has been asked once, for calls that are not tried again; not longer than they may take. */
  async known(timeoutMs: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    this.askBeside();
    if (this.#asking === undefined || this.#asking !== this.#first) {
      return;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(timeoutMs ?? patienceMs, patienceMs));
    });
    try {
      const first = Promise.race([this.#first, late]);
      await (signal === undefined ? first : untilAborted(first, signal));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whether a call that failed has another address to go to: nothing was done where its method is not known. */
  async hasMoved(method: DescMethod, tried: string, error: VibeError, signal: AbortSignal): Promise<boolean> {
    if (error.code === "unavailable" && tried !== this.given) {
      this.#askAgainAt = Math.min(this.#askAgainAt, this.#askedAt + keptInDoubtMs);
    }
    if (error.reason !== "METHOD_UNKNOWN") {
      return false;
    }
    if (this.of(method) === tried) {
      if (this.#asking === undefined && performance.now() >= this.#freshUntil) {
        this.#begin();
      }
      if (this.#asking !== undefined) {
        await untilAborted(this.#asking, signal);
      }
    }
    return this.of(method) !== tried;
  }

  #begin(): void {
    if (this.#ask === undefined) {
      this.#askAgainAt = Infinity;
      return;
    }
    this.#askedAt = performance.now();
    this.#askAgainAt = this.#askedAt + keptMs;
    this.#asking = this.#learn(this.#ask);
    this.#first ??= this.#asking;
  }

  async #learn(ask: Ask): Promise<void> {
    try {
      const answer = await ask();
      this.#elsewhere = elsewhere(this.given, answer.endpoints);
      this.#freshUntil = performance.now() + keptInDoubtMs;
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#asking = undefined;
    }
  }
}

/** The address without what does not matter to where it leads. */
function baseOf(address: URL): string {
  return address.origin + address.pathname.replace(/\/+$/, "");
}

/**
 * Leads packages that the given address does not serve to the first that does. A server that does not know the address it
 * is reached by stands behind something that it does not know of: what it says then leads nowhere.
 */
function elsewhere(given: string, endpoints: readonly Endpoint[]): ReadonlyMap<string, string> {
  const speaking = endpoints.flatMap(({ address, protocols, packages }) => {
    const base = protocols.includes(protocol) ? reachable(address, given) : undefined;
    return base === undefined ? [] : [{ base, packages }];
  });
  const here = speaking.filter(({ base }) => base === given);
  const found = new Map<string, string>();
  if (here.length === 0) {
    return found;
  }
  const stays = new Set(here.flatMap(({ packages }) => packages));
  for (const { base, packages } of speaking) {
    for (const name of packages) {
      if (!stays.has(name) && !found.has(name)) {
        found.set(name, base);
      }
    }
  }
  return found;
}

// Tokens go there: never by another scheme than the one that was chosen.
function reachable(address: string, given: string): string | undefined {
  try {
    const url = new URL(address);
    const isBare = url.search === "" && url.hash === "" && url.username === "" && url.password === "";
    return isBare && given.startsWith(`${url.protocol}//`) ? baseOf(url) : undefined;
  } catch {
    // It names nothing that could be reached.
    return undefined;
  }
}
