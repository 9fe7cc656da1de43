/**
 * Checks an id as far as an address needs it: a slash would name something else. The rest is the server's to say.
 */
export function checkId(id: string): string {
  if (typeof id !== "string" || id === "") {
    throw new TypeError("An id is a text that is not empty.");
  }
  if (id.includes("/")) {
    throw new TypeError("An id holds no '/'.");
  }
  return id;
}

export function lastId(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/** The id of the space in a name; undefined when it is none. */
export function spaceId(name: string): string | undefined {
  return /^spaces\/([^/]+)/.exec(name)?.[1];
}
