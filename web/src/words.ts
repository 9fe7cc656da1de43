import type { JsonValue } from "../client/index.js";
import { h, outside, type Child } from "./element.js";

const longestValue = 280;

// Years have four digits; what is longer is grouped.
const exact: Intl.NumberFormatOptions = { useGrouping: "min2", maximumFractionDigits: 20 };

/** "1 field", "2 fields". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

/** A collection's id as a heading: `cards-sent` becomes "Cards sent". */
export function titleOf(collection: string): string {
  const words = collection.replace(/[-_]+/g, " ").trim() || collection;
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

/** The name of a member that a JSON Pointer of one segment names. */
export function memberOf(pointer: string): string {
  return pointer.slice(1).replaceAll("~1", "/").replaceAll("~0", "~");
}

/** The time of day for today, else the day. */
export function moment(date: Date): HTMLElement {
  const now = new Date();
  const format: Intl.DateTimeFormatOptions =
    date.toDateString() === now.toDateString()
      ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
      : { day: "numeric", month: "short", ...(date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" }) };
  return h("time", { datetime: date.toISOString() }, date.toLocaleString(undefined, format));
}

/** A day with its year. */
export function day(date: Date): HTMLElement {
  const text = date.toLocaleDateString(undefined, { day: "numeric", month: "long", year: "numeric" });
  return h("time", { datetime: date.toISOString() }, text);
}

/** A value in one line; what is inside lists and objects is counted. */
export function value(json: JsonValue | undefined, longest = longestValue): Child {
  if (json === null || json === undefined || json === "") {
    return h("span", { class: "faint" }, json === "" ? "empty" : "none");
  }
  if (Array.isArray(json)) {
    return h("span", { class: "faint" }, count(json.length, "item"));
  }
  if (typeof json === "object") {
    return h("span", { class: "faint" }, count(Object.keys(json).length, "field"));
  }
  const text = typeof json === "number" ? json.toLocaleString(undefined, exact) : String(json);
  return outside(text.length > longest ? `${text.slice(0, longest)}…` : text);
}

/** A text in one line, cut where it is longer than lists can bear. */
export function line(text: string, longest = 80): Child {
  return outside(text.length > longest ? `${text.slice(0, longest)}…` : text);
}
