import type { DocumentSnapshot, JsonObject, JsonValue } from "../client/index.js";

/** Which members a table of documents shows. */
export interface Columns {
  /** The member that a document is called by; undefined where only its id can name it. */
  readonly title: string | undefined;
  readonly others: readonly { readonly name: string; readonly isNumeric: boolean }[];
}

const sampleSize = 50;
const mostOthers = 2;
const longestCell = 60;
const titles = ["title", "name", "label", "subject", "display name", "displayname"];

/** Chooses from what the first documents have: the name, and the short members that most of them have. */
export function chooseColumns(documents: readonly DocumentSnapshot<JsonObject>[]): Columns {
  const sample = documents.slice(0, sampleSize).map(({ value }) => value);
  const names = new Map<string, number>();
  for (const value of sample) {
    for (const [name, member] of Object.entries(value)) {
      names.set(name, (names.get(name) ?? 0) + (isShort(member) ? 1 : 0));
    }
  }
  const common = [...names].filter(([, number]) => number > sample.length / 2).map(([name]) => name);
  const title =
    titles.map((known) => common.find((name) => name.toLowerCase() === known)).find((name) => name !== undefined) ??
    common.find((name) => sample.every((value) => typeof (value[name] ?? "") === "string"));
  const others = common
    .filter((name) => name !== title)
    .sort((left, right) => (names.get(right) ?? 0) - (names.get(left) ?? 0))
    .slice(0, mostOthers)
    .map((name) => ({ name, isNumeric: sample.every((value) => typeof (value[name] ?? 0) === "number") }));
  return { title, others };
}

/** What a document is called. */
export function nameOf(document: DocumentSnapshot<JsonObject>, title: string | undefined): string {
  const name = title === undefined ? undefined : document.value[title];
  return typeof name === "string" && name.trim() !== "" ? name : document.id;
}

function isShort(member: JsonValue): boolean {
  return (
    typeof member === "number" ||
    typeof member === "boolean" ||
    (typeof member === "string" && member.length <= longestCell)
  );
}
