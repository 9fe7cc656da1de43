import { Code, ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "@vibespace/client/gen/google/rpc/error_details_pb";
import { create, toBinary } from "@bufbuild/protobuf";

interface Details {
  readonly metadata?: Record<string, string>;
  readonly retryDelayMs?: number;
  readonly requestId?: string;
  readonly violations?: readonly { field: string; description: string }[];
}

/** An error as a server of gRPC gives it. */
export function failing(code: Code, reason: string, details: Details = {}): ConnectError {
  const { metadata = {}, retryDelayMs, requestId, violations } = details;
  const error = new ConnectError("It failed.", code, { "grpc-status": String(code) });
  error.details.push({ desc: ErrorInfoSchema, value: { reason, domain: "vibe", metadata } });
  if (retryDelayMs !== undefined) {
    error.details.push({ desc: RetryInfoSchema, value: { retryDelay: { nanos: retryDelayMs * 1e6 } } });
  }
  if (requestId !== undefined) {
    error.details.push({ desc: RequestInfoSchema, value: { requestId } });
  }
  if (violations !== undefined) {
    error.details.push({ desc: BadRequestSchema, value: { fieldViolations: [...violations] } });
  }
  return error;
}

/** The same as the status in the last message of a stream. */
export function statusOf(code: Code, reason: string) {
  const info = create(ErrorInfoSchema, { reason, domain: "vibe" });
  return {
    code,
    message: "It ended.",
    details: [{ typeUrl: "type.googleapis.com/google.rpc.ErrorInfo", value: toBinary(ErrorInfoSchema, info) }],
  };
}
