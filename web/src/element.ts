/** What an element may hold; text is always text. */
export type Child = Node | string;

/**
 * Makes an element. Texts become text nodes, whatever is in them: nothing on this page is ever read as markup.
 * @param attributes Values by name; true writes an empty one, false and undefined none.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | boolean | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children);
  return element;
}

/** Text from outside, whose direction does not disturb what stands around it. */
export function outside(text: string): HTMLElement {
  return h("bdi", {}, text);
}

/** Finds an element of the page by its id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) {
    throw new Error(`The page has no #${id}.`);
  }
  return element as T;
}
