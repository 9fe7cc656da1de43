/// <reference lib="esnext.disposable" preserve="true" />
export type { Acl, AclRule, Operation } from "./acl.js";
export { WriteBatch } from "./batch.js";
export type { WriteResult } from "./calls/writes.js";
export { VibeClient, type VibeClientOptions } from "./client.js";
export { Collection } from "./collection.js";
export { DocumentRef } from "./document.js";
export { Edit, pointer } from "./edit.js";
export { VibeError, type StatusCode, type VibeErrorDetails, type Violation } from "./errors.js";
export type { CallEvent, Logger } from "./hooks.js";
export type { JsonObject, JsonValue } from "./json.js";
export { Listing, type FetchPage, type ListPage } from "./listing.js";
export type {
  CallOptions,
  ChangeOptions,
  CreateCondition,
  CreateOptions,
  FollowOptions,
  KeyOptions,
  ListOptions,
  MatchCondition,
  MissingCondition,
  ReadOptions,
  SetAclOptions,
  SubscribeOptions,
} from "./options.js";
export type { Reason } from "./reason.js";
export type { RetryPolicy } from "./retry_policy.js";
export {
  DocumentSnapshot,
  type Change,
  type ChangePage,
  type CollectionSnapshot,
  type RemovalCause,
} from "./snapshot.js";
export { Space } from "./space.js";
export { AccessToken, type TokenSource } from "./token.js";
