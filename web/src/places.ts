/** Where the page is: a collection, and a document in it. */
export interface Place {
  readonly collection: string | undefined;
  readonly document: string | undefined;
}

/** The address of a collection or a document on this page. */
export function addressOf(collection: string, document?: string): string {
  return `#/${encodeURIComponent(collection)}${document === undefined ? "" : `/${encodeURIComponent(document)}`}`;
}

/** Reads where the page is from its address. */
export function placeOf(hash: string): Place {
  if (!hash.startsWith("#/")) {
    return { collection: undefined, document: undefined };
  }
  const [collection, document] = hash.slice(2).split("/").map(decoded);
  return { collection: collection || undefined, document: document || undefined };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // An address that somebody typed; it then names nothing that is there.
    return part;
  }
}
