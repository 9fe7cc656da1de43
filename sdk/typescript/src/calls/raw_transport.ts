import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { VibeError } from "../errors.js";
import type { AccessToken } from "../token.js";
import type { Connection } from "./connection.js";

/**
 * What generated stubs call through: adds the token, the user-agent and, to single calls, the deadline; nothing else. Nothing
 * is tried again here, so a call waits until the server has been asked once where its package is.
 */
export function rawTransport(connection: Connection): Transport {
  return {
    unary: async (method, signal, timeoutMs = connection.timeoutMs, header, input, contextValues) => {
      const headers = await withToken(connection, header, signal);
      const transport = await transportOf(connection, method, timeoutMs, signal);
      return transport.unary(method, signal, timeoutMs, headers, input, contextValues);
    },
    stream: async (method, signal, timeoutMs, header, input, contextValues) => {
      const headers = await withToken(connection, header, signal);
      const transport = await transportOf(connection, method, timeoutMs, signal);
      return transport.stream(method, signal, timeoutMs, headers, input, contextValues);
    },
  };
}

async function transportOf(
  connection: Connection,
  method: DescMethod,
  timeoutMs: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Transport> {
  await connection.endpoints.known(timeoutMs, signal);
  return connection.transportTo(connection.endpoints.of(method));
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
