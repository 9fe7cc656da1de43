import type { Page } from "../gen/vibe/sync/v1/sync_service_pb.js";
import { readPage, type FeedPage } from "./feed_page.js";

const longestSilenceForReadersMs = 600_000;

/** What one scope of a stream knows: where to resume, and what its reader is due. Messages and time are given to it. */
export class SubscriptionState {
  /** Where to go on; empty begins anew. Pages that were received are on their way to the reader and do not come again. */
  resumeToken: string;

  #isAtCheckpoint = false;
  #lastPage: number | undefined;

  constructor(resumeToken: string) {
    this.resumeToken = resumeToken;
  }

  /** Notes that a stream opened; from here on the silence counts. */
  opened(now: number): void {
    this.#lastPage ??= now;
  }

  /** Takes in a page, whose place is the new one. */
  receive(page: Page, now: number): FeedPage {
    this.#progress(page.resumeToken);
    this.#lastPage = now;
    this.#isAtCheckpoint = page.checkpoint !== undefined;
    return readPage(page);
  }

  /** Takes in the token of a heartbeat; after ten minutes of silence it is a page for the reader. */
  beat(token: string, now: number): FeedPage | undefined {
    this.#progress(token);
    if (token === "" || now - (this.#lastPage ?? now) < longestSilenceForReadersMs) {
      return undefined;
    }
    this.#lastPage = now;
    return { changes: [], reset: false, live: this.#isAtCheckpoint, resumeToken: token };
  }

  /** Forgets the place, which the server cannot read. */
  beginAnew(): void {
    this.resumeToken = "";
  }

  #progress(token: string): void {
    if (token !== "") {
      this.resumeToken = token;
    }
  }
}
