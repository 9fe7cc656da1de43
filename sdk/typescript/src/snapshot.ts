import type { Acl } from "./acl.js";
import type { Decode } from "./codec.js";
import { decodeText, type JsonValue } from "./json.js";
import type { VibeError } from "./errors.js";

/** What a document is before it has a type. */
export interface RawDocument {
  readonly id: string;
  readonly json: Uint8Array;
  readonly etag: string;
  readonly createTime: Date;
  readonly updateTime: Date;
  readonly acl: Acl | undefined;
}

/**
 * A document as the caller saw it at one moment: a value without any connection, to be kept, compared and shown. An app
 * sees what its grant lets it read: what may be hidden must be optional in `T`.
 */
export class DocumentSnapshot<T> {
  /** The document's id. */
  readonly id: string;

  /**
   * Identifies what the caller sees of the document; it changes when, and only when, that changes. Writes quote it in
   * `ifMatch`.
   */
  readonly etag: string;

  /**
   * When the document came into this caller's view, to the millisecond; this may be long after it was made: its
   * creation, or the change of its access list that let the caller in.
   */
  readonly createTime: Date;

  /** When anything that the caller may read was last changed, to the millisecond. */
  readonly updateTime: Date;

  /**
   * The access list; undefined for callers that may not share the document, and where it leaves access to the owner
   * alone.
   */
  readonly acl: Acl | undefined;

  readonly #json: Uint8Array;
  readonly #decode: Decode<T>;
  #value: { readonly of: T } | undefined;

  /** Snapshots come from the server; for tests, `snapshot` of `@vibespace/client/testing` makes them. */
  constructor(document: RawDocument, decode: Decode<T>) {
    this.id = document.id;
    this.etag = document.etag;
    this.createTime = document.createTime;
    this.updateTime = document.updateTime;
    this.acl = document.acl;
    this.#json = document.json;
    this.#decode = decode;
  }

  /**
   * The content, decoded when it is first asked for. What the collection's function throws is thrown here; other
   * documents are not affected.
   */
  get value(): T {
    this.#value ??= { of: this.#decode(JSON.parse(this.json) as JsonValue) };
    return this.#value.of;
  }

  /** The content as canonical JSON (RFC 8785), as it came: to forward, hash or store without parsing. */
  get json(): string {
    return decodeText(this.#json);
  }
}

/** Why a document went away, as far as the caller may know. */
export type RemovalCause = "deleted" | "no_longer_visible";

/** What happened to one document. */
export interface Change<T> {
  /** The document's id. */
  readonly id: string;
  /** Its present state, which takes the place of what the reader has; undefined when it went away. */
  readonly document: DocumentSnapshot<T> | undefined;
  /** Why it went away; undefined when it is there. */
  readonly cause: RemovalCause | undefined;
}

/** A whole collection as the caller saw it at one moment. */
export interface CollectionSnapshot<T> {
  /** The documents by id, in ascending order of the ids. */
  readonly documents: ReadonlyMap<string, DocumentSnapshot<T>>;

  /** The difference to the snapshot that the loop got before; for the first, all documents. */
  readonly changes: readonly Change<T>[];

  /**
   * True while the server stands behind this view. False after an attempt to reconnect failed; the documents are then
   * the last that are known, and the client goes on trying.
   */
  readonly live: boolean;

  /** Why the view is not live; undefined while it is. */
  readonly error: VibeError | undefined;
}

/**
 * Changes that belong together. Whoever holds the documents applies all of them and stores the token in one transaction:
 * on `reset` begin a new generation; put each change with that generation, or drop it; on `live` drop older generations;
 * always store `resumeToken`.
 */
export interface ChangePage<T> {
  /** The changes, in the order in which to apply them, each document at most once; may be empty. */
  readonly changes: readonly Change<T>[];

  /**
   * True when the page begins a snapshot. Keep what you have, and at the next `live`, also across restarts, drop every
   * document that no page from this one on has put.
   */
  readonly reset: boolean;

  /**
   * True when with this page the reader holds exactly what the caller sees of the collection at one moment. Between such
   * pages it may hold newer states of some documents beside older ones of others.
   */
  readonly live: boolean;

  /** Continues after this page, as `resumeToken` of `subscribe`; at most 512 characters. */
  readonly resumeToken: string;
}
