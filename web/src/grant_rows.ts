import { Operation } from "../client/gen/vibe/access/v1/access_pb.js";
import { GrantState } from "../client/gen/vibe/consent/v1/grant_service_pb.js";
import { dateOf } from "../client/times.js";
import { h, outside, type Child } from "./element.js";
import type { ShownGrant } from "./grants.js";
import { icon } from "./icon.js";
import { KeyedList, type KeyedItem } from "./keyed_list.js";
import { operationWords, type Members, type Permission } from "./permissions.js";
import { count, day, moment } from "./words.js";

const mostNames = 6;

/** How many documents the page knows of a collection; undefined where it does not follow it. */
export type CountOf = (collection: string) => number | undefined;

/** Who may do what: one row for each grant, and one press to end it. */
export class GrantRows {
  readonly #place: HTMLElement;
  readonly #active = h("ul", { class: "rows" });
  readonly #ended = h("ul", { class: "rows" });
  readonly #endedCount = h("span");
  readonly #unfold: HTMLElement;
  readonly #empty = h("p", { class: "quiet" }, "No app may see or change anything here.");
  readonly #activeRows = new KeyedList(this.#active);
  readonly #endedRows = new KeyedList(this.#ended);
  readonly #seenActive = new Set<string>();
  readonly #onStop: (grant: ShownGrant) => void;

  constructor(place: HTMLElement, onStop: (grant: ShownGrant) => void) {
    this.#place = place;
    this.#onStop = onStop;
    this.#unfold = h("details", { class: "unfold" }, h("summary", {}, icon("unfold"), this.#endedCount), this.#ended);
    this.#place.append(this.#empty, this.#active, this.#unfold);
  }

  /** Shows the grants. What ended while the page was open stays where it was and says so; older ends are folded away. */
  show(grants: readonly ShownGrant[], countOf: CountOf): void {
    for (const { grant, isActive } of grants) {
      if (isActive) {
        this.#seenActive.add(grant.name);
      }
    }
    const present = grants.filter(({ grant }) => this.#seenActive.has(grant.name));
    const past = grants.filter(({ grant }) => !this.#seenActive.has(grant.name));
    this.#activeRows.show(present.map((grant) => this.#item(grant, countOf)));
    this.#endedRows.show(past.map((grant) => this.#item(grant, countOf)));
    this.#empty.hidden = present.some(({ isActive }) => isActive);
    this.#active.hidden = present.length === 0;
    this.#unfold.hidden = past.length === 0;
    this.#endedCount.textContent = `${past.length} ended before`;
  }

  #item(shown: ShownGrant, countOf: CountOf): KeyedItem {
    const counts = shown.permissions.map(({ collection }) => countOf(collection) ?? "");
    return {
      key: shown.grant.name,
      signature: JSON.stringify([
        shown.grant.etag,
        shown.appName,
        shown.isActive,
        counts,
        shown.permissions.map(textOf),
      ]),
      build: () => this.#row(shown, countOf),
    };
  }

  #row(shown: ShownGrant, countOf: CountOf): HTMLElement {
    const { appName, appId, isActive, permissions } = shown;
    const head = h(
      "h3",
      { class: "cluster middle" },
      outside(appName),
      h("code", { class: "ltr faint regular" }, outside(appId)),
      ...(isActive ? [] : [h("span", { class: "badge", "data-tone": "stop" }, endOf(shown))]),
    );
    const body = h("div", { class: "grow stack tight" }, head);
    if (isActive) {
      body.append(...permissions.map((permission) => describe(permission, countOf)));
      if (permissions.length === 0) {
        body.append(
          h("p", { class: "small quiet" }, "Nothing at the moment: its manifest asks for less than you allowed."),
        );
      }
      body.append(h("p", { class: "small faint" }, ...until(shown)));
    } else {
      body.append(h("p", { class: "small quiet" }, ...ending(shown)));
    }
    const row = h("li", { class: "row", tabindex: "-1", "data-app": appId }, body);
    if (isActive) {
      const button = h(
        "button",
        { class: "button small", "data-kind": "stop", type: "button" },
        icon("stop"),
        "Stop",
        h("span", { class: "hush" }, " ", outside(appName)),
      );
      button.addEventListener("click", () => this.#onStop(shown));
      row.append(button);
    }
    return row;
  }
}

/** Fields and documents that a permission reaches, the amount before the name. */
export function amount(permission: Permission, countOf: CountOf): Child[] {
  const documents = countOf(permission.collection);
  const of = documents === undefined ? " of " : ` of ${documents.toLocaleString()} `;
  return [fields(permission.members), of, outside(permission.collection)];
}

function describe(permission: Permission, countOf: CountOf): HTMLElement {
  const { members, operations, includesShared, purposes } = permission;
  const names = [...members.names];
  const detail = h(
    "span",
    { class: "small quiet" },
    members.isAll ? (names.length === 0 ? "New ones are included." : "All but ") : "",
  );
  names.slice(0, mostNames).forEach((name, at) => detail.append(at === 0 ? "" : ", ", outside(name)));
  if (names.length > mostNames) {
    detail.append(` and ${names.length - mostNames} more`);
  }
  if (includesShared) {
    detail.append(" Also what others share with you.");
  }
  const words = operations.map((operation) => {
    const reads = operation === Operation.READ;
    return h(
      "span",
      { class: "badge", "data-tone": reads ? "see" : "change" },
      icon(reads ? "see" : "change"),
      operationWords.get(operation) ?? "",
    );
  });
  return h(
    "div",
    { class: "stack tight" },
    h("p", { class: "cluster middle" }, ...words, h("span", {}, ...amount(permission, countOf))),
    h("p", {}, detail),
    ...purposes.map((purpose) => h("p", { class: "small quiet" }, "“", outside(purpose), "”")),
  );
}

function fields({ isAll, names }: Members): string {
  return isAll ? "All fields" : count(names.size, "field");
}

function until({ grant }: ShownGrant): Child[] {
  return grant.expireTime === undefined ? ["Until you stop it"] : ["Until ", day(dateOf(grant.expireTime))];
}

function endOf({ grant }: ShownGrant): string {
  return grant.state === GrantState.REVOKED ? "Stopped" : "Ended";
}

function ending({ grant }: ShownGrant): Child[] {
  const end = grant.revokeTime ?? grant.expireTime;
  const how = grant.state === GrantState.REVOKED ? "You stopped it" : "Its time ran out";
  return end === undefined ? [how, "."] : [`${how}, `, moment(dateOf(end)), ". It sees nothing from then on."];
}

function textOf({ collection, operations, members, purposes, includesShared }: Permission): unknown[] {
  return [collection, operations, members.isAll, [...members.names], purposes, includesShared];
}
