import { createGrpcWebTransport } from "@connectrpc/connect-web";
import type { OpenTransport } from "./calls/open_transport.js";
import { Protocol } from "./gen/vibe/identity/v1/server_service_pb.js";

/** Opens gRPC-web over `fetch`, whose connections are the browser's own. */
export function openTransport(address: URL): OpenTransport {
  return { transport: createGrpcWebTransport({ baseUrl: address.href.replace(/\/+$/, "") }), close: () => {} };
}

/** What is spoken here, as servers name it. */
export const protocol = Protocol.GRPC_WEB;

/** Browsers keep `user-agent` for themselves. */
export const userAgentHeader = "x-user-agent";

export function describePlatform(): string {
  const agent = globalThis.navigator?.userAgent ?? "";
  const system = /windows|android|iphone|ipad|mac os|linux/i.exec(agent)?.[0].toLowerCase().replace("mac os", "macos");
  return `web; ${system ?? "unknown"}`;
}
