import type { Account } from "../client/gen/vibe/identity/v1/account_service_pb.js";
import { byId, h, type Child } from "./element.js";
import { icon } from "./icon.js";
import type { SignedOut } from "./session.js";

/** Says in place of the space why it is not shown, and what to do. */
export function showNotice(title: string, ...children: readonly Child[]): void {
  const notice = byId("notice");
  if (notice.dataset["title"] === title && !notice.hidden) {
    return;
  }
  notice.dataset["title"] = title;
  notice.replaceChildren(icon("box"), h("h2", {}, title), ...children);
  notice.hidden = false;
}

/** Takes the notice away. */
export function hideNotice(): void {
  byId("notice").hidden = true;
}

/** Says that the page has nobody to be. */
export function showSignedOut(why: SignedOut): void {
  const command = h("code", {}, "vibe dev");
  switch (why) {
    case "no-address":
      showNotice(
        "You are not signed in here",
        h("p", { class: "quiet" }, "Open the address that ", command, " printed beside ", h("em", {}, "page"), "."),
        h("p", { class: "small quiet" }, "It works once. Start it again for a new one."),
      );
      break;
    case "used-address":
      showNotice(
        "This address is used up",
        h(
          "p",
          { class: "quiet" },
          "It works once, and within 10 minutes. Start ",
          command,
          " again: it prints a new one.",
        ),
      );
      break;
    case "ended":
      showNotice(
        "You are signed out",
        h(
          "p",
          { class: "quiet" },
          "The server started again, and sessions end with it. Nothing in your space changed.",
        ),
        h("p", { class: "quiet" }, "Open the address that ", command, " printed."),
      );
  }
}

/** Says that there is nothing yet, and one way to begin. */
export function showEmptySpace({ displayName, did }: Account): void {
  // The line is for a shell, which a name may say anything to.
  const person = /^[A-Za-z0-9_-]+$/.test(displayName) ? displayName : did;
  showNotice(
    "Nothing is here yet",
    h("p", { class: "quiet" }, "What you or an app add appears here by itself. To begin:"),
    h(
      "pre",
      { class: "json", tabindex: "0" },
      h("code", {}, `vibe put movies/first '{"Title":"Spirited Away"}' --as ${person}`),
    ),
  );
}
