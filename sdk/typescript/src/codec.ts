import type { JsonValue } from "./json.js";

/** Makes a value of what a document holds; said once, at the collection. */
export type Decode<T> = (content: JsonValue) => T;

/** Where no function is given, the type is a promise of the author. */
export function trust<T>(content: JsonValue): T {
  return content as T;
}
