import { fromBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { VibeError, type StatusCode } from "../errors.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "../gen/google/rpc/error_details_pb.js";
import type { Status } from "../gen/google/rpc/status_pb.js";
import { milliseconds } from "../times.js";

const codes: readonly StatusCode[] = [
  "unknown",
  "cancelled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
];

/** The details of a status by the names of their types. */
type Details = readonly { readonly type: string; readonly value: Uint8Array }[];

/** Reads what a transport threw. */
export function readFailure(failure: unknown, isRead: boolean): VibeError {
  if (failure instanceof VibeError) {
    return failure;
  }
  const error = ConnectError.from(failure);
  const details = error.details.flatMap((detail) => ("type" in detail ? [detail] : []));
  const requestId = error.metadata.get("x-request-id") ?? undefined;
  return read(codeOf(error), error.rawMessage, details, requestId, isRead, failure);
}

/** Reads the status within the last message of a stream. */
export function readStatus(status: Status | undefined): VibeError {
  if (status === undefined) {
    return new VibeError("unavailable", undefined, "The stream ended without saying why.", { retryable: true });
  }
  const details = status.details.map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
    value,
  }));
  return read(codes[status.code] ?? "unknown", status.message, details, undefined, true, undefined);
}

/** A stream or an attempt that broke without a word from the server. */
export function lostConnection(text: string, cause?: unknown): VibeError {
  return new VibeError("unavailable", undefined, text, { retryable: true, cause });
}

function read(
  code: StatusCode,
  text: string,
  details: Details,
  headerId: string | undefined,
  isRead: boolean,
  cause: unknown,
): VibeError {
  const info = find(details, ErrorInfoSchema);
  const ours = info?.domain === "vibe" ? info : undefined;
  const delay = find(details, RetryInfoSchema)?.retryDelay;
  const retryDelayMs = delay === undefined ? undefined : milliseconds(delay);
  return new VibeError(code, ours?.reason, text, {
    metadata: ours?.metadata,
    violations: find(details, BadRequestSchema)?.fieldViolations.map(({ field, description }) => ({
      field,
      description,
    })),
    requestId: find(details, RequestInfoSchema)?.requestId || headerId,
    retryDelayMs,
    retryable:
      (code === "resource_exhausted" && retryDelayMs !== undefined) ||
      ours?.reason === "SPACE_BUSY" ||
      ours?.reason === "STORAGE_UNAVAILABLE" ||
      (isRead && (code === "unavailable" || code === "deadline_exceeded")),
    cause,
  });
}

function find<T extends DescMessage>(details: Details, schema: T): MessageShape<T> | undefined {
  const detail = details.find(({ type }) => type === schema.typeName);
  try {
    return detail && fromBinary(schema, detail.value);
  } catch {
    // A proxy may answer with details of its own; the code alone then decides.
    return undefined;
  }
}

function codeOf(error: ConnectError): StatusCode {
  const code = codes[error.code] ?? "unknown";

  // With headers it is an answer: a status of gRPC, or one of HTTP that stands for one.
  if ([...error.metadata].length > 0) {
    return code;
  }

  switch (error.code) {
    case Code.Internal:
      return saysInternal(error) ? "internal" : "unavailable";

    // Transports give these codes to sockets that were reset and to answers that end too early.
    case Code.Aborted:
    case Code.Canceled:
    case Code.InvalidArgument:
    case Code.Unknown:
      return "unavailable";

    // What HTTP/2 says to a whole connection is nothing that this one request did.
    case Code.ResourceExhausted:
      return error.rawMessage.includes("ENHANCE_YOUR_CALM") ? "unavailable" : code;

    default:
      return code;
  }
}

/** True for what cannot be read, and for a stream that the other side reset for a fault; not for a lost connection. */
function saysInternal(error: ConnectError): boolean {
  return (
    /^(parse|serialize) binary|closed with error code (?!NGHTTP2_(CANCEL|REFUSED_STREAM))/.test(error.rawMessage) ||
    (/^protocol error|compressed/.test(error.rawMessage) && error.rawMessage !== "protocol error: missing status")
  );
}
