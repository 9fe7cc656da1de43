import { aclFromWire } from "../acl.js";
import type { Decode } from "../codec.js";
import { contentOf, epoch } from "../document.js";
import {
  RemovalCause as WireCause,
  type Change as WireChange,
  type Page,
} from "../gen/vibe/sync/v1/sync_service_pb.js";
import { DocumentSnapshot, type Change, type RawDocument, type RemovalCause } from "../snapshot.js";
import { dateOf } from "../times.js";

/** A change before its document has a type. */
export interface RawChange {
  readonly id: string;
  readonly document: RawDocument | undefined;
  readonly cause: RemovalCause | undefined;
}

/** A page of the feed before its documents have a type. */
export interface FeedPage {
  readonly changes: readonly RawChange[];
  readonly reset: boolean;
  readonly live: boolean;
  readonly resumeToken: string;
}

export function readPage(page: Page): FeedPage {
  return {
    changes: page.changes.map(readChange),
    reset: page.reset,
    live: page.checkpoint !== undefined,
    resumeToken: page.resumeToken,
  };
}

export function typed<T>({ id, document, cause }: RawChange, decode: Decode<T>): Change<T> {
  return { id, document: document && new DocumentSnapshot(document, decode), cause };
}

function readChange({ documentId, kind }: WireChange): RawChange {
  if (kind.case !== "put") {
    const isDeleted = kind.case === "removed" && kind.value.cause === WireCause.DELETED;
    return { id: documentId, document: undefined, cause: isDeleted ? "deleted" : "no_longer_visible" };
  }
  const put = kind.value;
  const document = {
    id: documentId,
    json: contentOf(put.content),
    etag: put.etag,
    createTime: dateOf(put.createTime ?? epoch),
    updateTime: dateOf(put.updateTime ?? epoch),
    acl: aclFromWire(put.acl),
  };
  return { id: documentId, document, cause: undefined };
}
