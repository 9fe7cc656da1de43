import { Operation } from "../client/gen/vibe/access/v1/access_pb.js";
import type { App, RequestedAccess } from "../client/gen/vibe/consent/v1/app_service_pb.js";
import { AccessMode, type Grant, type GrantedAccess } from "../client/gen/vibe/consent/v1/grant_service_pb.js";
import { memberOf } from "./words.js";

/** Some members: these, or all but these. */
export interface Members {
  readonly isAll: boolean;
  readonly names: ReadonlySet<string>;
}

/** Operations that reach the same members of the documents of a collection. */
export interface Permission {
  readonly collection: string;
  readonly operations: readonly Operation[];
  readonly members: Members;
  readonly purposes: readonly string[];
  readonly includesShared: boolean;
}

/** Operations in the order and the words in which people are told them. */
export const operationWords: ReadonlyMap<Operation, string> = new Map([
  [Operation.READ, "see"],
  [Operation.CREATE, "add"],
  [Operation.UPDATE, "change"],
  [Operation.DELETE, "remove"],
  [Operation.SHARE, "share"],
]);

const none: Members = { isAll: false, names: new Set() };
const all: Members = { isAll: true, names: new Set() };

/**
 * What a grant lets an app do: what it allows, within what the app's manifest asks for, less what it denies. The server
 * decides; this says the same in words.
 */
export function permissionsOf(grant: Grant, app: App | undefined): Permission[] {
  const collections = new Set(grant.access.map(({ collection }) => collection));
  return [...collections].sort().flatMap((collection) => permissionsIn(collection, grant, app));
}

/** Whether a member is among those. */
export function hasMember(members: Members, name: string): boolean {
  return members.isAll !== members.names.has(name);
}

/** What an app may do with one member of the documents of a collection. */
export function mayDo(
  permissions: readonly Permission[],
  collection: string,
  operation: Operation,
  name: string,
): boolean {
  return permissions.some(
    (one) => one.collection === collection && one.operations.includes(operation) && hasMember(one.members, name),
  );
}

function permissionsIn(collection: string, grant: Grant, app: App | undefined): Permission[] {
  const found = new Map<string, { operations: Operation[]; members: Members }>();
  for (const operation of operationWords.keys()) {
    const members = reach(collection, operation, grant, app);
    if (!members.isAll && members.names.size === 0) {
      continue;
    }
    const key = JSON.stringify([members.isAll, [...members.names].sort()]);
    const same = found.get(key) ?? { operations: [], members };
    same.operations.push(operation);
    found.set(key, same);
  }
  return [...found.values()].map(({ operations, members }) => ({
    collection,
    operations,
    members,
    purposes: purposesOf(collection, operations, app),
    includesShared: grant.access.some(
      (entry) =>
        entry.collection === collection &&
        entry.includeShared &&
        entry.operations.some((one) => operations.includes(one)),
    ),
  }));
}

function reach(collection: string, operation: Operation, grant: Grant, app: App | undefined): Members {
  const entries = grant.access.filter((entry) => concerns(entry, collection, operation));
  const allowed = union(entries.filter(({ mode }) => mode === AccessMode.ALWAYS));
  const denied = union(entries.filter(({ mode }) => mode === AccessMode.NEVER));
  const requested = app?.manifest?.access.filter((entry) => concerns(entry, collection, operation));
  const within = requested === undefined ? all : union(requested);
  return without(intersection(allowed, within), denied);
}

function concerns(entry: GrantedAccess | RequestedAccess, collection: string, operation: Operation): boolean {
  return entry.collection === collection && entry.operations.includes(operation);
}

// Where an operation is of whole documents, as remove is, no fields are named.
function union(entries: readonly (GrantedAccess | RequestedAccess)[]): Members {
  if (entries.some(({ fields }) => fields.length === 0 || fields.includes("*"))) {
    return all;
  }
  return entries.length === 0
    ? none
    : { isAll: false, names: new Set(entries.flatMap(({ fields }) => fields.map(memberOf))) };
}

function intersection(left: Members, right: Members): Members {
  if (left.isAll) {
    return right;
  }
  return { isAll: false, names: new Set([...left.names].filter((name) => hasMember(right, name))) };
}

function without(members: Members, denied: Members): Members {
  if (denied.isAll) {
    return none;
  }
  return members.isAll
    ? { isAll: true, names: denied.names }
    : { isAll: false, names: new Set([...members.names].filter((name) => !denied.names.has(name))) };
}

function purposesOf(collection: string, operations: readonly Operation[], app: App | undefined): string[] {
  const entries = app?.manifest?.access ?? [];
  const asked = entries.filter(
    (entry) => entry.collection === collection && entry.operations.some((one) => operations.includes(one)),
  );
  return [...new Set(asked.map(({ purpose }) => purpose))];
}
