import { create } from "@bufbuild/protobuf";
import { aclToWire, type Acl } from "../acl.js";
import { Edit } from "../edit.js";
import { DocumentService, WriteSchema, type Write } from "../gen/vibe/data/v1/document_service_pb.js";
import { encodeObject } from "../json.js";
import { lastId } from "../names.js";
import type { CreateCondition, KeyOptions, MatchCondition, MissingCondition } from "../options.js";
import type { Space } from "../space.js";
import { dateOf } from "../times.js";
import type { Connection } from "./connection.js";

/** What became of a write. It never carries content. */
export interface WriteResult {
  /** The document's id. */
  readonly id: string;
  /** The etag after the write, for the caller; undefined after a deletion and where the caller may read nothing. */
  readonly etag: string | undefined;
  /** The time of update after the write, for the caller, to the millisecond; undefined where the etag is. */
  readonly updateTime: Date | undefined;
  /**
   * Stands for the moment of the write. Reads in another process that quote it see the write; those of the same client
   * do so by themselves.
   */
  readonly consistencyToken: string;
}

export function createWrite(document: string, value: unknown, options: CreateCondition): Write {
  return write(document, options, ["acl"], {
    case: "create",
    value: {
      content: { case: "json", value: encodeObject(value, "A document") },
      ...(options.acl && { acl: aclToWire(options.acl) }),
    },
  });
}

export function updateWrite(document: string, members: object, options: MissingCondition): Write {
  const isEdit = members instanceof Edit;
  const body = isEdit ? Edit.bodyOf(members) : members;
  return write(document, options, ["allowMissing"], {
    case: "update",
    value: {
      content: { case: "json", value: encodeObject(body, "What is updated") },
      updatePaths: isEdit ? members.paths : [],
      allowMissing: options.allowMissing ?? false,
    },
  });
}

export function replaceWrite(document: string, value: unknown, options: MissingCondition): Write {
  return write(document, options, ["allowMissing"], {
    case: "update",
    value: {
      content: { case: "json", value: encodeObject(value, "A document") },
      updatePaths: ["*"],
      allowMissing: options.allowMissing ?? false,
    },
  });
}

export function deleteWrite(document: string, options: MissingCondition): Write {
  return write(document, options, ["allowMissing"], {
    case: "delete",
    value: { allowMissing: options.allowMissing ?? false },
  });
}

export function setAclWrite(document: string, acl: Acl, options: MatchCondition): Write {
  return write(document, options, [], { case: "setAcl", value: { acl: aclToWire(acl) } });
}

/** The one path of all writes: each is a batch, be it of one. */
export async function commit(
  connection: Connection,
  space: Space,
  writes: readonly Write[],
  options: KeyOptions,
): Promise<WriteResult[]> {
  const { spaces } = connection;
  const request = {
    parent: space.name,
    writes: [...writes],
    idempotencyKey: options.idempotencyKey ?? randomKey(),
  };

  // The first attempt counts: it may be the one that is carried out.
  let sent: number | undefined;
  const response = await connection.call({
    method: DocumentService.method.batchWrite,
    isRead: false,
    request: () => {
      sent ??= spaces.next();
      return request;
    },
    timeoutMs: options.timeoutMs,
    signal: options.signal,
    places: spaces.of(space.id).places,
  });
  spaces.learn(space.id, response.results[0]?.document);
  spaces.of(space.id).tokens.acknowledge(response.consistencyToken, sent ?? 0, spaces.next());
  return response.results.map((result) => ({
    id: lastId(result.document),
    etag: result.etag || undefined,
    updateTime: result.updateTime && dateOf(result.updateTime),
    consistencyToken: response.consistencyToken,
  }));
}

type Condition = CreateCondition & MissingCondition;

// The request has no place for what a verb does not take, so the server could not refuse it: it would be lost.
function write(
  document: string,
  options: Condition,
  takes: readonly (keyof Condition)[],
  action: Parameters<typeof create<typeof WriteSchema>>[1] extends infer I
    ? NonNullable<Extract<I, { action?: unknown }>["action"]>
    : never,
): Write {
  for (const name of ["acl", "allowMissing"] as const) {
    if (options[name] !== undefined && options[name] !== false && !takes.includes(name)) {
      throw new TypeError(`${action.case ?? "The write"} takes no ${name}.`);
    }
  }
  return create(WriteSchema, { document, ifMatch: options.ifMatch ?? "", action });
}

function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
