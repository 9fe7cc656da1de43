import type { Acl } from "./acl.js";

/** What each call may be told. */
export interface CallOptions {
  /** How long the call may take as a whole, in milliseconds; unless set, what the client says. */
  readonly timeoutMs?: number | undefined;
  /** Ends the call, which then throws the signal's reason; a write may be carried out nevertheless. */
  readonly signal?: AbortSignal | undefined;
}

/** What a read may be told. */
export interface ReadOptions extends CallOptions {
  /**
   * Asks for an answer at least as fresh as the write that gave this token. Writes of the same client need none: they
   * are quoted by themselves.
   */
  readonly consistencyToken?: string | undefined;
}

/** What a listing may be told; `timeoutMs` is for each page. */
export interface ListOptions extends ReadOptions {
  /** How many items a page holds at most; 100 unless set, and never more than 1,000. */
  readonly pageSize?: number | undefined;
  /** Continues where the page ended that gave this token. Works for a day. */
  readonly pageToken?: string | undefined;
}

/** What a write may be told about its key, and each call. */
export interface KeyOptions extends CallOptions {
  /**
   * A key of the caller's own, 1 to 64 characters of `[A-Za-z0-9._~-]`, for writes that must not double across a
   * restart. Without one, each call has a random key, the same on every attempt. The server keeps keys for at least a
   * day.
   */
  readonly idempotencyKey?: string | undefined;
}

/** What may be said of a write that adds a document. */
export interface CreateCondition {
  /** The access list; unless given, the owner alone has access. */
  readonly acl?: Acl | undefined;
}

/** What may be said of a write to a document that exists. */
export interface MatchCondition {
  /**
   * The etag that the document must still have for the caller, or `*` for one that must exist. When it differs the write
   * fails with ETAG_MISMATCH, whose metadata quotes the present one.
   */
  readonly ifMatch?: string | undefined;
}

/** What may be said of a write to a document that may be missing. */
export interface MissingCondition extends MatchCondition {
  /**
   * Lets an update or replace create the document when its id was never used, and a delete succeed when there is nothing
   * to delete.
   */
  readonly allowMissing?: boolean | undefined;
}

/** What `create` may be told. */
export interface CreateOptions extends KeyOptions, CreateCondition {}

/** What `update`, `replace` and `delete` may be told. */
export interface ChangeOptions extends KeyOptions, MissingCondition {}

/** What `setAcl` may be told. */
export interface SetAclOptions extends KeyOptions, MatchCondition {}

/** What following may be told. */
export interface FollowOptions {
  /** Ends it, which then throws the signal's reason; leaving the loop ends it too. */
  readonly signal?: AbortSignal | undefined;
}

/** What `subscribe` may be told. */
export interface SubscribeOptions extends FollowOptions {
  /**
   * Continues after the page that gave this token; without one a snapshot comes first. A token that the server cannot
   * continue from begins with a reset and is no error.
   */
  readonly resumeToken?: string | undefined;
}

/** The wire holds whole numbers alone; which of them are taken, the server says. */
export function checkPageSize(size = 0): number {
  if (!Number.isInteger(size) || Math.abs(size) > 0x7fffffff) {
    throw new RangeError("A page size is a whole number of 32 bits.");
  }
  return size;
}
