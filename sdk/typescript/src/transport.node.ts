import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import type { OpenTransport } from "./calls/open_transport.js";
import { Protocol } from "./gen/vibe/identity/v1/server_service_pb.js";

/** Opens gRPC over HTTP/2, without TLS where the address says `http`; the first call connects. */
export function openTransport(address: URL): OpenTransport {
  const session = new Http2SessionManager(address.origin, {
    pingIntervalMs: 30_000,
    pingTimeoutMs: 15_000,
    idleConnectionTimeoutMs: 300_000,
  });
  const transport = createGrpcTransport({ baseUrl: address.href.replace(/\/+$/, ""), sessionManager: session });
  return { transport, close: () => session.abort() };
}

/** What is spoken here, as servers name it. */
export const protocol = Protocol.GRPC;

export const userAgentHeader = "user-agent";

export function describePlatform(): string {
  const system = process.platform === "win32" ? "windows" : process.platform === "darwin" ? "macos" : process.platform;
  return `node${process.versions.node}; ${system}`;
}
