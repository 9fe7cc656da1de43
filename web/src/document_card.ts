import type { DocumentSnapshot, JsonObject } from "../client/index.js";
import { Operation } from "../client/gen/vibe/access/v1/access_pb.js";
import { nameOf } from "./columns.js";
import { byId, h, outside } from "./element.js";
import type { ShownGrant } from "./grants.js";
import { icon } from "./icon.js";
import { KeyedList } from "./keyed_list.js";
import { mayDo } from "./permissions.js";
import { count, line, moment, value } from "./words.js";

/** One document: its members, and which apps see each. */
export class DocumentCard {
  readonly #place = byId("card");
  readonly #parts = new KeyedList(this.#place);

  /** Shows a document, or that the one of that id is not there. */
  show(
    collection: string,
    id: string | undefined,
    document: DocumentSnapshot<JsonObject> | undefined,
    title: string | undefined,
    grants: readonly ShownGrant[],
  ): void {
    this.#place.hidden = id === undefined;
    if (id === undefined) {
      return;
    }
    if (document === undefined) {
      this.#parts.show([{ key: "gone", signature: id, build: () => gone(collection, id) }]);
      return;
    }
    const seeing = grants.filter(({ isActive }) => isActive);
    const signature = [
      id,
      document.etag,
      ...seeing.map(({ grant, appName }) => `${grant.name} ${grant.etag} ${appName}`),
    ];
    this.#parts.show([
      { key: "head", signature: `${id} ${document.etag}`, build: () => head(collection, document, title) },
      { key: "fields", signature: signature.join("\n"), build: () => fields(collection, document, title, seeing) },
      { key: "shared", signature: `${id} ${document.etag}`, build: () => shared(document) },
      {
        key: `json ${id}`,
        signature: "",
        build: () => json(),
        dress: (node) => setText(node.querySelector("code"), JSON.stringify(document.value, null, 2)),
      },
    ]);
  }

  /** Brings the card into sight and focus, where it stands below the list. */
  reveal(): void {
    const title = byId("card-title");
    const { top, bottom } = title.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) {
      title.focus();
      this.#place.scrollIntoView({ block: "start" });
    }
  }
}

function head(collection: string, document: DocumentSnapshot<JsonObject>, title: string | undefined): HTMLElement {
  return h(
    "div",
    { class: "stack tight" },
    h("h2", { id: "card-title", tabindex: "-1" }, line(nameOf(document, title), 200)),
    h(
      "p",
      { class: "small quiet" },
      h("code", { class: "ltr" }, `${collection}/${document.id}`),
      ", changed ",
      moment(document.updateTime),
    ),
  );
}

function fields(
  collection: string,
  document: DocumentSnapshot<JsonObject>,
  title: string | undefined,
  grants: readonly ShownGrant[],
): HTMLElement {
  const names = Object.keys(document.value).sort((left, right) => Number(right === title) - Number(left === title));
  const rows = names.map((name) => {
    const apps = grants.filter(({ permissions }) => mayDo(permissions, collection, Operation.READ, name));
    return h(
      "tr",
      {},
      h(
        "th",
        { scope: "row" },
        h("span", { class: "small quiet" }, outside(name)),
        h("br"),
        h("span", { class: "regular" }, value(document.value[name])),
      ),
      h("td", { class: "end" }, h("span", { class: "cluster tags" }, ...seenBy(apps, isShared(document)))),
    );
  });
  if (rows.length === 0) {
    return h("p", { class: "quiet" }, "It has no fields.");
  }
  return h(
    "table",
    {},
    h("caption", { class: "hush" }, "Fields, and which apps see each"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Field"), h("th", { scope: "col", class: "end" }, "Seen by"))),
    h("tbody", {}, ...rows),
  );
}

function seenBy(apps: readonly ShownGrant[], isShared: boolean): HTMLElement[] {
  if (apps.length === 0) {
    return [h("span", { class: "badge", "data-tone": "absent" }, icon("lock"), isShared ? "No app" : "Only you")];
  }
  return apps.map(({ appName }) => h("span", { class: "badge", "data-tone": "see" }, outside(appName)));
}

function shared(document: DocumentSnapshot<JsonObject>): HTMLElement {
  const people = new Set(document.acl?.allow?.flatMap((rule) => rule.people) ?? []).size;
  const text = people === 0 ? "" : `Its access list also names ${count(people, "other person", "other people")}.`;
  return h("p", { class: "small quiet", hidden: people === 0 }, text);
}

function isShared(document: DocumentSnapshot<JsonObject>): boolean {
  return document.acl?.allow?.some((rule) => rule.people.length > 0) ?? false;
}

function json(): HTMLElement {
  return h(
    "details",
    { class: "unfold" },
    h("summary", {}, icon("unfold"), "As JSON"),
    h("pre", { class: "json", tabindex: "0" }, h("code")),
  );
}

function gone(collection: string, id: string): HTMLElement {
  return h(
    "div",
    { class: "stack tight" },
    h("h2", { id: "card-title", tabindex: "-1" }, "Not here"),
    h(
      "p",
      { class: "quiet" },
      "There is no ",
      h("code", { class: "ltr" }, outside(`${collection}/${id}`)),
      ". It may have been removed.",
    ),
  );
}

function setText(element: Element | null, text: string): void {
  if (element !== null && element.textContent !== text) {
    element.textContent = text;
  }
}
