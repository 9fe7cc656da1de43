import type { VibeError } from "../errors.js";

/** What to do after a failure. */
export type NextStep =
  | "throw"
  | "again"
  | "with_new_token"
  /** Without the consistency tokens that the client quoted by itself. */
  | "without_tokens"
  /** A subscription begins anew, without its resume token. */
  | "anew";

/** What follows the failure of a call. */
export function stepForCall(error: VibeError, attempts: number, maxAttempts: number, isRenewed: boolean): NextStep {
  if (error.code === "unauthenticated") {
    return isRenewed ? "throw" : "with_new_token";
  }
  if (isLostToken(error)) {
    return "without_tokens";
  }
  if (attempts >= maxAttempts || error.reason === "TOO_MANY_STREAMS") {
    return "throw";
  }
  return mayPass(error) || error.reason === "OUTCOME_UNKNOWN" ? "again" : "throw";
}

/** What follows when following is cut. */
export function stepForFollowing(error: VibeError, isRenewed: boolean, hasResumeToken: boolean): NextStep {
  if (error.code === "unauthenticated") {
    return isRenewed ? "throw" : "with_new_token";
  }
  if (error.reason === "RESUME_TOKEN_INVALID") {
    return hasResumeToken ? "anew" : "throw";
  }
  if (isLostToken(error)) {
    return "without_tokens";
  }
  if (mayPass(error) || error.reason === "TOO_MANY_STREAMS" || error.code === "internal" || error.code === "unknown") {
    return "again";
  }

  // Nobody set a deadline and nobody cancelled: something between here and the server cut the stream.
  const isCut = error.reason === undefined && (error.code === "cancelled" || error.code === "deadline_exceeded");
  return isCut ? "again" : "throw";
}

/** True when a write that ended so may have been carried out. */
export function leavesOutcomeOpen(error: VibeError): boolean {
  return (
    error.reason === "OUTCOME_UNKNOWN" ||
    (error.reason === undefined && error.code === "unavailable" && !error.retryable)
  );
}

function mayPass(error: VibeError): boolean {
  return error.code === "unavailable" || (error.code === "resource_exhausted" && error.retryDelayMs !== undefined);
}

// A token that cannot be read any more would fail every read until the next write: it is dropped like a lost one.
function isLostToken(error: VibeError): boolean {
  return error.reason === "HISTORY_LOST" || error.reason === "CONSISTENCY_TOKEN_INVALID";
}
