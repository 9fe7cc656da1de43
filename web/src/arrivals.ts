import type { Change, CollectionSnapshot, DocumentSnapshot, JsonObject } from "../client/index.js";
import { nameOf } from "./columns.js";
import { byId, h, type Child } from "./element.js";
import { count, line, moment, value } from "./words.js";

const mostRows = 20;
const mostAtOnce = 10;
const mostMembers = 2;

type Documents = CollectionSnapshot<JsonObject>["documents"];

/** What happened while the page was open, the newest first. */
export class Arrivals {
  readonly #list = byId("arrivals");
  readonly #empty = byId("arrivals-empty");

  /** Writes down what changed between two views. */
  tell(collection: string, changes: readonly Change<JsonObject>[], before: Documents, title: string | undefined): void {
    if (changes.length > mostAtOnce) {
      this.#add("change", h("strong", {}, count(changes.length, "document")), " of ", line(collection), " changed");
      return;
    }
    for (const change of changes) {
      this.#tellOne(change, before.get(change.id), title);
    }
  }

  /** Writes down that an app was stopped. */
  tellStop(app: string): void {
    this.#add("stop", h("strong", {}, line(app)), " stopped");
  }

  /** Forgets everything. */
  clear(): void {
    this.#list.replaceChildren();
    this.#empty.hidden = false;
  }

  #tellOne(
    { id, document, cause }: Change<JsonObject>,
    old: DocumentSnapshot<JsonObject> | undefined,
    title: string | undefined,
  ): void {
    const known = document ?? old;
    const name = h("strong", {}, line(known === undefined ? id : nameOf(known, title)));
    if (document === undefined) {
      this.#add("stop", name, cause === "deleted" ? " removed" : " no longer to be seen");
    } else if (old === undefined) {
      this.#add("change", name, " added");
    } else {
      this.#add("change", name, " changed", h("span", { class: "quiet" }, ...difference(old.value, document.value)));
    }
  }

  #add(operation: "change" | "stop", ...what: Child[]): void {
    this.#empty.hidden = true;
    this.#list.prepend(h("li", { "data-op": operation }, moment(new Date()), h("div", {}, ...what)));
    while (this.#list.children.length > mostRows) {
      this.#list.lastElementChild?.remove();
    }
  }
}

/** The members that differ, with what they were and are. */
function difference(before: JsonObject, after: JsonObject): Child[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  const told = changed
    .slice(0, mostMembers)
    .flatMap((name, at): Child[] => [
      at === 0 ? "" : "; ",
      line(name, 40),
      " ",
      value(before[name], 40),
      " to ",
      value(after[name], 40),
    ]);
  return changed.length > mostMembers ? [...told, ` and ${count(changed.length - mostMembers, "more field")}`] : told;
}
