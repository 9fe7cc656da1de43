/** One child of a list that is shown again and again. */
export interface KeyedItem {
  readonly key: string;
  /** What the node is made of; another signature makes another node. */
  readonly signature: string;
  readonly build: () => HTMLElement;
  /** Sets what changes without a new node. */
  readonly dress?: (node: HTMLElement) => void;
}

/** The children of an element, which stay the same nodes as long as they say the same: focus and motion are theirs. */
export class KeyedList {
  readonly #parent: Element;
  #held = new Map<string, { readonly signature: string; readonly node: HTMLElement }>();

  constructor(parent: Element) {
    this.#parent = parent;
  }

  /** Shows these, in this order, and no others. */
  show(items: readonly KeyedItem[]): void {
    const focused = document.activeElement;
    const next = new Map<string, { readonly signature: string; readonly node: HTMLElement }>();
    let at = this.#parent.firstElementChild;
    let heir: HTMLElement | undefined;
    for (const item of items) {
      const old = this.#held.get(item.key);
      const node = old?.signature === item.signature ? old.node : item.build();
      if (old !== undefined && old.node !== node && old.node.contains(focused)) {
        heir = node;
      }
      item.dress?.(node);
      next.set(item.key, { signature: item.signature, node });
      if (node === at) {
        at = at.nextElementSibling;
      } else {
        this.#parent.insertBefore(node, at);
      }
    }
    const kept = new Set<Element>([...next.values()].map(({ node }) => node));
    for (const child of [...this.#parent.children]) {
      if (!kept.has(child)) {
        child.remove();
      }
    }
    this.#held = next;
    if (heir !== undefined) {
      (heir.querySelector<HTMLElement>("a, button, summary") ?? heir).focus();
    } else if (focused instanceof HTMLElement && focused !== document.activeElement && this.#parent.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }
}
