import { encodeValue, type JsonObject, type JsonValue } from "./json.js";

interface Step {
  readonly pointer: string;
  readonly names: readonly string[];
  /** Undefined where the member is removed. */
  readonly value: JsonValue | undefined;
}

/**
 * A change by paths: members that are set, however deep, and members that are removed. All others stay as they are. It
 * is a value; each method gives a new edit. The server takes up to 200 paths.
 */
export class Edit {
  #steps: readonly Step[] = [];

  /** The pointers of the members that this edit changes, in the order in which they were named. */
  get paths(): string[] {
    return this.#steps.map(({ pointer }) => pointer);
  }

  /**
   * Sets a member, and makes the objects on the way to it where they are missing. Arrays are replaced whole. The same
   * pointer again takes the place of what was said before.
   * @param path A JSON Pointer, such as `/address/city`; `pointer` makes those of odd names.
   * @param value The new value, read now; null writes a JSON null.
   * @throws {TypeError} It is no pointer, lies within another one of this edit, or the value has no JSON.
   */
  set(path: string, value: unknown): Edit {
    const text = encodeValue(value);
    if (text === undefined) {
      throw new TypeError(`The value of '${path}' has no JSON; remove takes a member away.`);
    }
    return this.#with({ pointer: path, names: split(path), value: JSON.parse(text) as JsonValue });
  }

  /**
   * Removes a member. One that is not there stays away.
   * @param path A JSON Pointer, as in `set`.
   * @throws {TypeError} It is no pointer, or lies within another one of this edit.
   */
  remove(path: string): Edit {
    return this.#with({ pointer: path, names: split(path), value: undefined });
  }

  /** @internal The object that holds the new values at their places, for the client alone. */
  static bodyOf(edit: Edit): JsonObject {
    const body = newObject();
    for (const { names, value } of edit.#steps) {
      if (value === undefined) {
        continue;
      }
      let target = body;
      for (const name of names.slice(0, -1)) {
        target = (target[name] ??= newObject()) as JsonObject;
      }
      target[names.at(-1) as string] = value;
    }
    return body;
  }

  #with(step: Step): Edit {
    const others = this.#steps.filter(({ pointer }) => pointer !== step.pointer);
    const overlapping = others.find(({ names }) => isPrefix(names, step.names) || isPrefix(step.names, names));
    if (overlapping !== undefined) {
      throw new TypeError(`'${step.pointer}' and '${overlapping.pointer}' overlap.`);
    }
    const edit = new Edit();
    edit.#steps = [...others, step];
    return edit;
  }
}

/**
 * Makes a JSON Pointer (RFC 6901) of member names: `pointer("a/b", "c")` is `/a~1b/c`. The server takes up to 8 names.
 * @throws {TypeError} No name is given.
 */
export function pointer(...names: string[]): string {
  if (names.length === 0) {
    throw new TypeError("A pointer needs at least one name.");
  }
  return names.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function split(path: string): string[] {
  if (!path.startsWith("/")) {
    throw new TypeError(`'${path}' is no JSON Pointer: it must begin with '/'.`);
  }
  if (/~(?![01])/.test(path)) {
    throw new TypeError(`'${path}' is no JSON Pointer: '~' is written '~0'.`);
  }

  // In this order: "~01" is the name "~1".
  return path
    .slice(1)
    .split("/")
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function isPrefix(outer: readonly string[], inner: readonly string[]): boolean {
  return outer.length <= inner.length && outer.every((name, at) => name === inner[at]);
}

// Without a prototype, so that a member may be called `__proto__`.
function newObject(): JsonObject {
  return Object.create(null) as JsonObject;
}
