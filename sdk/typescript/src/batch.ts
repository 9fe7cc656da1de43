import type { Acl } from "./acl.js";
import type { Connection } from "./calls/connection.js";
import { isOver } from "./calls/mistakes.js";
import {
  commit,
  createWrite,
  deleteWrite,
  replaceWrite,
  setAclWrite,
  updateWrite,
  type WriteResult,
} from "./calls/writes.js";
import type { DocumentRef } from "./document.js";
import type { Edit } from "./edit.js";
import type { Write } from "./gen/vibe/data/v1/document_service_pb.js";
import type { CreateCondition, KeyOptions, MatchCondition, MissingCondition } from "./options.js";
import type { Space } from "./space.js";

/**
 * Writes to documents of one space, carried out all or none, as one moment: no read and no snapshot shows half of them.
 * At most 500, each to another document, each with conditions of its own. A batch is committed once. Each of its verbs
 * throws a `TypeError` for a document of another space or another client, and an `InvalidStateError` after the commit.
 */
export class WriteBatch {
  readonly #connection: Connection;
  readonly #space: Space;
  readonly #writes: Write[] = [];
  #isCommitted = false;

  /** Batches come from `batch` of a space. */
  constructor(connection: Connection, space: Space) {
    this.#connection = connection;
    this.#space = space;
  }

  /** How many writes the batch holds. */
  get size(): number {
    return this.#writes.length;
  }

  /** Adds a document, perhaps one of `newDocument`, as `DocumentRef.create` does. */
  create<T>(document: DocumentRef<T>, value: T, condition: CreateCondition = {}): this {
    return this.#add(document, createWrite(this.#nameOf(document), value, condition));
  }

  /** Changes members, or paths, as `DocumentRef.update` does. */
  update<T>(document: DocumentRef<T>, members: Edit | Partial<NoInfer<T>>, condition: MissingCondition = {}): this {
    return this.#add(document, updateWrite(this.#nameOf(document), members, condition));
  }

  /** Makes a document exactly this, as `DocumentRef.replace` does. */
  replace<T>(document: DocumentRef<T>, value: NoInfer<T>, condition: MissingCondition = {}): this {
    return this.#add(document, replaceWrite(this.#nameOf(document), value, condition));
  }

  /** Deletes a document, as `DocumentRef.delete` does. */
  delete<T>(document: DocumentRef<T>, condition: MissingCondition = {}): this {
    return this.#add(document, deleteWrite(this.#nameOf(document), condition));
  }

  /** Replaces a document's access list, as `DocumentRef.setAcl` does. */
  setAcl<T>(document: DocumentRef<T>, acl: Acl, condition: MatchCondition = {}): this {
    return this.#add(document, setAclWrite(this.#nameOf(document), acl, condition));
  }

  /**
   * Carries out all writes, or none.
   * @returns One result for each write, in their order.
   * @throws {VibeError} What the refused write would have failed with alone; its place, counted from 0, is in the
   * metadata as `write`.
   */
  async commit(options: KeyOptions = {}): Promise<WriteResult[]> {
    this.#throwIfCommitted();
    this.#isCommitted = true;
    return commit(this.#connection, this.#space, this.#writes, options);
  }

  // The batch's own name of the space, so that all writes say the same.
  #nameOf<T>(document: DocumentRef<T>): string {
    return `${this.#space.name}/collections/${document.collection.id}/documents/${document.id}`;
  }

  #add<T>(document: DocumentRef<T>, write: Write): this {
    this.#throwIfCommitted();
    if (!this.#space.isSame(document.collection.space)) {
      throw new TypeError("A batch holds documents of its own space alone.");
    }
    this.#writes.push(write);
    return this;
  }

  #throwIfCommitted(): void {
    if (this.#isCommitted) {
      throw isOver("The batch is committed already.");
    }
  }
}
