/** A value of JSON. Numbers are IEEE 754 doubles. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** An object of JSON: what a document is where no type is said. */
export interface JsonObject {
  [name: string]: JsonValue;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function decodeText(utf8: Uint8Array): string {
  return decoder.decode(utf8);
}

/** Writes an object as JSON. What JSON cannot say, such as NaN, would be lost without a word and is refused. */
export function encodeObject(value: unknown, what: string): Uint8Array<ArrayBuffer> {
  const text = encodeValue(value);
  if (text === undefined || !text.startsWith("{")) {
    throw new TypeError(`${what} must be an object.`);
  }
  return encoder.encode(text);
}

/** Writes a value as JSON; undefined where it has no JSON at all. */
export function encodeValue(value: unknown): string | undefined {
  const text = JSON.stringify(value) as string | undefined;
  // They would be null: where none is written there was none, and nobody pays for looking at each value.
  return text?.includes("null") ? encodeChecked(value) : text;
}

function encodeChecked(value: unknown): string | undefined {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "number" && !Number.isFinite(inner)) {
      throw new TypeError(`${inner} is no number of JSON.`);
    }
    return inner;
  }) as string | undefined;
}
