import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { VibeError } from "../errors.js";
import type { AccessToken } from "../token.js";
import type { Connection } from "./connection.js";

/** What generated stubs call through: adds the token, the user-agent and, to single calls, the deadline; nothing else. */
export function rawTransport(connection: Connection): Transport {
  return {
    unary: async (method, signal, timeoutMs, header, input, contextValues) =>
      connection.transport.unary(
        method,
        signal,
        timeoutMs ?? connection.timeoutMs,
        await withToken(connection, header, signal),
        input,
        contextValues,
      ),
    stream: async (method, signal, timeoutMs, header, input, contextValues) =>
      connection.transport.stream(
        method,
        signal,
        timeoutMs,
        await withToken(connection, header, signal),
        input,
        contextValues,
      ),
  };
}

async function withToken(
  connection: Connection,
  given: HeadersInit | undefined,
  signal: AbortSignal | undefined,
): Promise<Headers> {
  connection.throwIfClosed();
  const own = new Headers(given);
  const token = own.has("authorization") ? undefined : await presentToken(connection, signal);
  const headers = connection.headers(token);
  own.forEach((value, name) => headers.set(name, value));
  return headers;
}

async function presentToken(connection: Connection, signal: AbortSignal | undefined): Promise<AccessToken | undefined> {
  try {
    return await connection.tokens.get(signal ?? new AbortController().signal);
  } catch (error) {
    if (!(error instanceof VibeError)) {
      throw error;
    }
    if (error.code === "unauthenticated") {
      // The server then says whether the method needs a token.
      return undefined;
    }
    throw new ConnectError(error.message, Code.Unavailable, undefined, undefined, error);
  }
}
