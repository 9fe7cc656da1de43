import type { DocumentSnapshot, JsonObject } from "../client/index.js";
import { chooseColumns, nameOf, type Columns } from "./columns.js";
import { h, outside } from "./element.js";
import { KeyedList, type KeyedItem } from "./keyed_list.js";
import { addressOf } from "./places.js";
import { count, line, moment, titleOf, value } from "./words.js";

// Few at first, so that who may do what is in sight below them.
const firstSize = 10;
const pageSize = 50;

/** The documents of one collection, the newest change first. */
export class DocumentTable {
  /** The member that documents are called by. */
  title: string | undefined;

  readonly #collection: string;
  readonly #columns: Columns;
  readonly #body = h("tbody");
  readonly #rows = new KeyedList(this.#body);
  readonly #rest = h("p", { class: "small quiet cluster" });
  readonly #restText = h("span");
  readonly #more = h(
    "button",
    { class: "button small", "data-kind": "plain", type: "button" },
    `Show ${pageSize} more`,
  );
  #shown = firstSize;

  /** @param onMore Called when more rows are wanted; the caller then shows the documents again. */
  constructor(
    place: HTMLElement,
    collection: string,
    documents: readonly DocumentSnapshot<JsonObject>[],
    onMore: () => void,
  ) {
    this.#collection = collection;
    this.#columns = chooseColumns(documents);
    this.title = this.#columns.title;
    this.#more.addEventListener("click", () => {
      this.#shown += pageSize;
      onMore();
    });
    this.#rest.append(this.#restText, this.#more);
    place.replaceChildren(this.#frame(), this.#rest);
  }

  /** Shows the documents, those with the ids as just arrived, and one as open. */
  show(
    documents: readonly DocumentSnapshot<JsonObject>[],
    arrived: ReadonlySet<string>,
    open: string | undefined,
  ): void {
    const visible = documents.slice(0, this.#shown);
    this.#rows.show(visible.map((document) => this.#item(document, arrived.has(document.id), document.id === open)));
    this.#restText.textContent =
      visible.length === documents.length
        ? count(documents.length, "document")
        : `${visible.length} of ${documents.length.toLocaleString()}.`;
    this.#more.hidden = visible.length === documents.length;
  }

  #frame(): HTMLElement {
    const heading = (text: string | Node, end = false) =>
      h("th", { scope: "col", class: end ? "end" : undefined }, text);
    const { title, others } = this.#columns;
    return h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table of ${this.#collection}` },
      h(
        "table",
        {},
        h("caption", { class: "hush" }, `${titleOf(this.#collection)}, newest change first`),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            heading(title === undefined ? "Id" : line(title, 30)),
            ...others.map(({ name, isNumeric }) => heading(line(name, 30), isNumeric)),
            heading("Changed", true),
          ),
        ),
        this.#body,
      ),
    );
  }

  #item(document: DocumentSnapshot<JsonObject>, isNew: boolean, isOpen: boolean): KeyedItem {
    return {
      key: document.id,
      signature: `${document.etag} ${isNew}`,
      build: () => this.#row(document, isNew),
      dress: (row) => {
        row.toggleAttribute("data-open", isOpen);
        const link = row.querySelector("a");
        if (isOpen) {
          link?.setAttribute("aria-current", "true");
        } else {
          link?.removeAttribute("aria-current");
        }
      },
    };
  }

  #row(document: DocumentSnapshot<JsonObject>, isNew: boolean): HTMLElement {
    const link = h("a", { href: addressOf(this.#collection, document.id) }, line(nameOf(document, this.title)));
    return h(
      "tr",
      { "data-new": isNew },
      h(
        "th",
        { scope: "row" },
        link,
        ...(isNew ? [" ", h("span", { class: "badge", "data-tone": "see" }, "Just now")] : []),
      ),
      ...this.#columns.others.map(({ name, isNumeric }) =>
        h("td", { class: isNumeric ? "end" : undefined }, value(document.value[name], 60)),
      ),
      h("td", { class: "end" }, moment(document.updateTime)),
    );
  }
}

/** What stands in place of a table without documents. */
export function noDocuments(collection: string): HTMLElement {
  return h(
    "p",
    { class: "quiet" },
    "There is nothing in ",
    outside(collection),
    " any more. What is added appears here.",
  );
}
