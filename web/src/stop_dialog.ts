import { VibeError } from "../client/index.js";
import { byId, outside, type Child } from "./element.js";
import { amount, type CountOf } from "./grant_rows.js";
import type { ShownGrant } from "./grants.js";
import { icon } from "./icon.js";

/** Asks before an app is stopped, says what it loses, and stops it. */
export class StopDialog {
  readonly #dialog = byId<HTMLDialogElement>("stop");
  readonly #confirm = byId<HTMLButtonElement>("stop-do");
  readonly #error = byId("stop-error");
  readonly #stop: (grant: ShownGrant) => Promise<void>;
  #asked: ShownGrant | undefined;

  /** @param stop Ends a grant and returns when it has ended. */
  constructor(stop: (grant: ShownGrant) => Promise<void>) {
    this.#stop = stop;
    byId("stop-keep").addEventListener("click", () => this.#dialog.close());
    this.#confirm.addEventListener("click", () => void this.#carryOut());
  }

  /** Opens the dialog. */
  ask(grant: ShownGrant, countOf: CountOf): void {
    this.#asked = grant;
    this.#error.hidden = true;
    byId("stop-title").replaceChildren("Stop ", outside(grant.appName), "?");
    byId("stop-risk").replaceChildren(
      "It loses ",
      ...losses(grant, countOf),
      " within a second. Copies it already made are its own to erase.",
    );
    this.#confirm.replaceChildren(icon("stop"), "Stop");
    this.#dialog.showModal();
    byId("stop-keep").focus();
  }

  /** Closes without an answer. */
  close(): void {
    this.#dialog.close();
  }

  async #carryOut(): Promise<void> {
    if (this.#asked === undefined || this.#confirm.ariaBusy === "true") {
      return;
    }
    this.#confirm.ariaBusy = "true";
    try {
      await this.#stop(this.#asked);
      this.#dialog.close();
      document.querySelector<HTMLElement>(`#grants [data-app="${CSS.escape(this.#asked.appId)}"]`)?.focus();
    } catch (error) {
      const { message } = VibeError.from(error);
      this.#error.textContent = `It was not stopped, and still sees what it saw. Try again. ${message}`;
      this.#error.hidden = false;
    } finally {
      this.#confirm.ariaBusy = null;
    }
  }
}

function losses({ permissions }: ShownGrant, countOf: CountOf): Child[] {
  if (permissions.length === 0) {
    return ["what it has"];
  }
  return permissions.flatMap((permission, at) => {
    const [fields, ...rest] = amount(permission, countOf);
    const separator = at === 0 ? "" : at === permissions.length - 1 ? " and " : ", ";
    return [separator, typeof fields === "string" ? fields.toLowerCase() : "", ...rest];
  });
}
