import { aclFromWire, type Acl } from "./acl.js";
import type { Connection } from "./calls/connection.js";
import { Freshness } from "./calls/freshness.js";
import {
  commit,
  createWrite,
  deleteWrite,
  replaceWrite,
  setAclWrite,
  updateWrite,
  type WriteResult,
} from "./calls/writes.js";
import type { Decode } from "./codec.js";
import type { Collection } from "./collection.js";
import type { Edit } from "./edit.js";
import { VibeError } from "./errors.js";
import { DocumentService, type Document, type Write } from "./gen/vibe/data/v1/document_service_pb.js";
import { lastId } from "./names.js";
import type { ChangeOptions, CreateOptions, KeyOptions, ReadOptions, SetAclOptions } from "./options.js";
import { DocumentSnapshot, type RawDocument } from "./snapshot.js";
import { dateOf } from "./times.js";

/**
 * The address of a document, whether it is there or not. Only its verbs ask anything. Each write goes out with an
 * idempotency key, so that the client can repeat it safely.
 */
export class DocumentRef<T> {
  /** The collection that the document lies in. */
  readonly collection: Collection<T>;

  /** The document's id. */
  readonly id: string;

  readonly #connection: Connection;
  readonly #decode: Decode<T>;

  /** Addresses come from `document` and `newDocument` of a collection. */
  constructor(connection: Connection, collection: Collection<T>, id: string, decode: Decode<T>) {
    this.#connection = connection;
    this.collection = collection;
    this.id = id;
    this.#decode = decode;
  }

  /** The resource name, `spaces/{space}/collections/{collection}/documents/{document}`. */
  get name(): string {
    return `${this.collection.name}/documents/${this.id}`;
  }

  /**
   * Reads the document, at least as fresh as the client's own writes.
   * @returns The document; undefined for missing, deleted and hidden alike.
   * @throws {VibeError} NOT_GRANTED without a grant, whether it is there or not.
   */
  async get(options: ReadOptions = {}): Promise<DocumentSnapshot<T> | undefined> {
    const { spaces } = this.#connection;
    const spaceId = this.collection.space.id;
    const freshness = new Freshness(spaces, spaceId, options.consistencyToken);
    try {
      const response = await this.#connection.call({
        method: DocumentService.method.getDocument,
        isRead: true,
        request: () => ({ name: this.name, consistencyTokens: freshness.tokens, jsonBodies: true }),
        timeoutMs: options.timeoutMs,
        signal: options.signal,
        forgetTokens: () => freshness.forget(),
      });
      spaces.learn(spaceId, response.document?.name);
      return response.document && new DocumentSnapshot(readDocument(response.document), this.#decode);
    } catch (error) {
      if (error instanceof VibeError && error.reason === "RESOURCE_NOT_FOUND") {
        return undefined;
      }
      throw error;
    }
  }

  /**
   * Adds the document under this id, which must never have been used, in the caller's own space.
   * @param value The content; at most 1 MiB as canonical JSON.
   * @throws {VibeError} RESOURCE_EXISTS when the id is used or ever was, NOT_GRANTED, FIELD_NOT_GRANTED for a member
   * that the caller may not create, OWNER_REQUIRED in another person's space.
   */
  async create(value: T, options: CreateOptions = {}): Promise<WriteResult> {
    return this.#write(createWrite(this.name, value, options), options);
  }

  /**
   * Changes the members that are named and leaves all others as they are. What is named is written, null included;
   * nothing is removed, and undefined names nothing. Members are replaced whole; an `Edit` goes deeper, and removes.
   * @param members The members, or an edit of paths. A name here is always a name.
   * @throws {VibeError} RESOURCE_NOT_FOUND when it is missing, deleted or hidden, ETAG_MISMATCH, NOT_GRANTED,
   * FIELD_NOT_GRANTED, ACL_DENIED; MEMBER_NOT_OBJECT when something on the way of a path is no object.
   */
  async update(members: Edit | Partial<T>, options: ChangeOptions = {}): Promise<WriteResult> {
    return this.#write(updateWrite(this.name, members, options), options);
  }

  /**
   * Makes the document exactly this, as far as the caller may update it: members that are left out are removed, those
   * that the caller may not update stay.
   * @param value The content; at most 1 MiB as canonical JSON.
   * @throws {VibeError} As for updating members.
   */
  async replace(value: T, options: ChangeOptions = {}): Promise<WriteResult> {
    return this.#write(replaceWrite(this.name, value, options), options);
  }

  /**
   * Deletes the document whole, with members that the caller cannot see. Its id is never free again.
   * @returns The result, without etag and time.
   * @throws {VibeError} RESOURCE_NOT_FOUND when it is missing, deleted or hidden, ETAG_MISMATCH, NOT_GRANTED, ACL_DENIED.
   */
  async delete(options: ChangeOptions = {}): Promise<WriteResult> {
    return this.#write(deleteWrite(this.name, options), options);
  }

  /**
   * Replaces the document's access list, whole. The content stays as it is.
   * @throws {VibeError} As for updating members; ACL_DENIED also when the list gives what the caller does not have.
   */
  async setAcl(acl: Acl, options: SetAclOptions = {}): Promise<WriteResult> {
    return this.#write(setAclWrite(this.name, acl, options), options);
  }

  /** The resource name. */
  toString(): string {
    return this.name;
  }

  async #write(write: Write, options: KeyOptions): Promise<WriteResult> {
    const [result] = await commit(this.#connection, this.collection.space, [write], options);
    if (result === undefined) {
      throw new VibeError("internal", undefined, "The server confirmed the write without a result.");
    }
    return result;
  }
}

export function readDocument(document: Document): RawDocument {
  return {
    id: lastId(document.name),
    json: contentOf(document.content),
    etag: document.etag,
    createTime: dateOf(document.createTime ?? epoch),
    updateTime: dateOf(document.updateTime ?? epoch),
    acl: aclFromWire(document.acl),
  };
}

/** The JSON of a document or a change; an app that may read nothing of it gets none. */
export function contentOf(content: { readonly case?: string | undefined; readonly value?: unknown }): Uint8Array {
  return content.case === "json" && content.value instanceof Uint8Array ? content.value : emptyObject;
}

export const epoch = { seconds: 0n, nanos: 0 };

const emptyObject = new Uint8Array([0x7b, 0x7d]);
