import {
  VibeError,
  type CollectionSnapshot,
  type DocumentSnapshot,
  type JsonObject,
  type VibeClient,
} from "../client/index.js";
import { AccountService, type Account } from "../client/gen/vibe/identity/v1/account_service_pb.js";
import { Arrivals } from "./arrivals.js";
import { DocumentCard } from "./document_card.js";
import { DocumentTable, noDocuments } from "./document_table.js";
import { byId, h, outside } from "./element.js";
import { GrantRows } from "./grant_rows.js";
import { Grants, type ShownGrant } from "./grants.js";
import { icon } from "./icon.js";
import { KeyedList } from "./keyed_list.js";
import { hideNotice, showEmptySpace } from "./notice.js";
import { addressOf, placeOf } from "./places.js";
import { StopDialog } from "./stop_dialog.js";
import { titleOf } from "./words.js";

const lookUpEveryMs = 5_000;
const newForMs = 60_000;

type View = CollectionSnapshot<JsonObject>;

/** The collection that is open, and what is known of it. */
interface Open {
  readonly id: string;
  readonly end: AbortController;
  readonly arrived: Map<string, number>;
  view: View | undefined;
  newest: readonly DocumentSnapshot<JsonObject>[];
  table: DocumentTable | undefined;
  document: string | undefined;
  failure: VibeError | undefined;
}

/** A person's space as it changes: what is in it, who may do what with it, and the press that ends that. */
export class SpaceView {
  readonly #client: VibeClient;
  readonly #grants: Grants;
  readonly #grantRows = new GrantRows(byId("grants"), (grant) => this.#stopDialog.ask(grant, this.#countOf));
  readonly #stopDialog = new StopDialog((grant) => this.#stop(grant));
  readonly #collectionRows = new KeyedList(byId("collections"));
  readonly #card = new DocumentCard();
  readonly #arrivals = new Arrivals();
  readonly #onSignedOut: () => void;
  readonly #checkSession: () => Promise<boolean>;
  readonly #end = new AbortController();

  #account: Account | undefined;
  #collections: readonly string[] | undefined;
  #shownGrants: readonly ShownGrant[] = [];
  #open: Open | undefined;
  #isReached = true;
  #looking: Promise<void> | undefined;

  /**
   * @param onSignedOut Called once when the session has ended; nothing of the space is shown from then on.
   * @param checkSession Tells whether the session still stands.
   */
  constructor(client: VibeClient, onSignedOut: () => void, checkSession: () => Promise<boolean>) {
    this.#client = client;
    this.#grants = new Grants(client);
    this.#onSignedOut = onSignedOut;
    this.#checkSession = checkSession;
  }

  /** Begins to show the space, and goes on until the session ends. */
  start(): void {
    const { signal } = this.#end;
    addEventListener("hashchange", () => this.#follow(location.hash.startsWith("#/")), { signal });
    document.addEventListener("visibilitychange", () => void this.#lookUp(), { signal });
    const timer = setInterval(() => void this.#lookUp(), lookUpEveryMs);
    signal.addEventListener("abort", () => clearInterval(timer));
    void this.#lookUp();
  }

  readonly #countOf = (collection: string): number | undefined =>
    this.#open?.id === collection ? this.#open.view?.documents.size : undefined;

  /** Looks up what there is no stream of: grants, and which collections there are. */
  #lookUp(): Promise<void> {
    if (document.hidden || this.#end.signal.aborted) {
      return Promise.resolve();
    }
    this.#looking ??= this.#lookUpNow().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookUpNow(): Promise<void> {
    try {
      this.#account ??= (await this.#client.raw(AccountService).getAccount({ name: "accounts/me" })).account;
      const [grants, collections] = await Promise.all([
        this.#grants.list(),
        this.#client.me.listCollections({ signal: this.#end.signal }).toArray(),
      ]);
      this.#shownGrants = grants;
      this.#collections = collections.map(({ id }) => id);
      await this.#reach(true);
      this.#follow(false);
    } catch (error) {
      if (!this.#end.signal.aborted) {
        await this.#fail(error);
      }
    }
  }

  // A server that is back may be another one, which knows nothing of this session while old tokens still work.
  async #reach(isReached: boolean): Promise<void> {
    const isBack = isReached && !this.#isReached;
    this.#isReached = isReached;
    if (isBack) {
      await this.#signOutUnlessStanding();
    }
  }

  async #signOutUnlessStanding(): Promise<void> {
    try {
      if (!(await this.#checkSession())) {
        this.#signOut();
      }
    } catch {
      // It is away again; the next time it is back decides.
      this.#isReached = false;
    }
  }

  async #fail(error: unknown): Promise<void> {
    await this.#reach(false);
    if (VibeError.from(error).code === "unauthenticated") {
      // Its token may have ended before its session.
      await this.#signOutUnlessStanding();
    }
    this.#draw();
  }

  #signOut(): void {
    if (this.#end.signal.aborted) {
      return;
    }
    this.#end.abort();
    this.#open?.end.abort();
    this.#stopDialog.close();
    this.#arrivals.clear();
    byId("space").hidden = true;
    byId("person").hidden = true;
    for (const id of ["collections", "documents", "grants", "card"]) {
      byId(id).replaceChildren();
    }
    this.#onSignedOut();
  }

  async #stop(shown: ShownGrant): Promise<void> {
    await this.#grants.stop(shown.grant);
    this.#arrivals.tellStop(shown.appName);
    byId("said").textContent = `${shown.appName} is stopped.`;
    await this.#looking;
    await this.#lookUp();
  }

  /** Goes where the address says; without a word there, to the first collection. */
  #follow(isAsked: boolean): void {
    if (this.#end.signal.aborted) {
      return;
    }
    const place = placeOf(location.hash);
    const collection = place.collection ?? this.#open?.id ?? this.#collections?.[0];
    if (collection !== undefined && collection !== this.#open?.id) {
      this.#openCollection(collection);
    }
    if (this.#open !== undefined && (place.document !== undefined || isAsked)) {
      this.#open.document = place.document ?? this.#open.newest[0]?.id;
    }
    this.#draw();
    if (isAsked && place.document !== undefined) {
      this.#card.reveal();
    }
  }

  #openCollection(id: string): void {
    this.#open?.end.abort();
    const open: Open = {
      id,
      end: new AbortController(),
      arrived: new Map(),
      view: undefined,
      newest: [],
      table: undefined,
      document: undefined,
      failure: undefined,
    };
    this.#open = open;
    byId("documents").replaceChildren();
    void this.#followCollection(open);
  }

  async #followCollection(open: Open): Promise<void> {
    try {
      for await (const view of this.#client.me.collection(open.id).snapshots({ signal: open.end.signal })) {
        if (this.#open !== open) {
          return;
        }
        const before = open.view;
        const wasLive = before?.live ?? true;
        open.view = view;
        this.#take(open, before, view);
        if (view.live && !wasLive) {
          await this.#signOutUnlessStanding();
        }
        this.#draw();
      }
    } catch (error) {
      if (open.end.signal.aborted) {
        return;
      }
      open.failure = VibeError.from(error);
      if (open.failure.code === "unauthenticated") {
        this.#signOut();
      } else {
        this.#draw();
      }
    }
  }

  #take(open: Open, before: View | undefined, view: View): void {
    open.newest = [...view.documents.values()].sort(
      (left, right) => right.updateTime.getTime() - left.updateTime.getTime() || (left.id < right.id ? -1 : 1),
    );
    if (open.table === undefined && open.newest.length > 0) {
      open.table = new DocumentTable(byId("documents"), open.id, open.newest, () => this.#draw());
    }
    open.document ??= open.newest[0]?.id;
    if (before === undefined || view.changes.length === 0) {
      return;
    }
    const now = Date.now();
    for (const { id } of view.changes) {
      open.arrived.set(id, now);
    }
    this.#arrivals.tell(open.id, view.changes, before.documents, open.table?.title);
    // What was new is then new no more; after the session's end this draws nothing.
    setTimeout(() => this.#draw(), newForMs + 1);
  }

  #draw(): void {
    if (this.#end.signal.aborted || this.#account === undefined || this.#collections === undefined) {
      this.#drawState();
      return;
    }
    const person = byId("person");
    if (person.hidden) {
      person.replaceChildren(icon("person"), outside(this.#account.displayName));
      person.hidden = false;
    }
    const open = this.#open;
    byId("space").hidden = open === undefined && this.#shownGrants.length === 0;
    for (const id of ["collections-part", "documents-part", "card"]) {
      byId(id).hidden = open === undefined;
    }
    if (open === undefined) {
      showEmptySpace(this.#account);
    } else {
      hideNotice();
    }
    this.#drawCollections();
    this.#grantRows.show(this.#shownGrants, this.#countOf);
    if (open !== undefined) {
      this.#drawDocuments(open);
    }
    this.#drawState();
  }

  #drawCollections(): void {
    const open = this.#open?.id;
    const ids = [...new Set([...(this.#collections ?? []), ...(open === undefined ? [] : [open])])].sort();
    this.#collectionRows.show(
      ids.map((id) => {
        const number = this.#countOf(id);
        return {
          key: id,
          signature: `${number} ${id === open}`,
          build: () =>
            h(
              "li",
              {},
              h(
                "a",
                { href: addressOf(id), "aria-current": id === open ? "page" : undefined },
                h("span", {}, outside(titleOf(id))),
                h("span", { class: "num quiet" }, number === undefined ? "" : number.toLocaleString()),
              ),
            ),
        };
      }),
    );
  }

  #drawDocuments(open: Open): void {
    byId("documents-title").replaceChildren(outside(titleOf(open.id)));
    document.title = `${titleOf(open.id)} · Vibe`;
    const place = byId("documents");
    if (open.failure !== undefined) {
      place.replaceChildren(
        h("p", { class: "banner", "data-tone": "stop" }, `It is not followed any more. ${open.failure.message}`),
      );
    } else if (open.view?.documents.size === 0) {
      open.table = undefined;
      place.replaceChildren(noDocuments(open.id));
    }
    const now = Date.now();
    for (const [id, at] of open.arrived) {
      if (now - at > newForMs) {
        open.arrived.delete(id);
      }
    }
    open.table?.show(open.newest, new Set(open.arrived.keys()), open.document);
    const shown = open.document === undefined ? undefined : open.view?.documents.get(open.document);
    this.#card.show(
      open.id,
      open.view === undefined ? undefined : open.document,
      shown,
      open.table?.title,
      this.#shownGrants,
    );
  }

  #drawState(): void {
    const isLive = this.#isReached && (this.#open?.view?.live ?? this.#open === undefined);
    const isBeginning = this.#isReached && this.#open !== undefined && this.#open.view === undefined;
    const text = isLive
      ? "Live, up to date"
      : isBeginning || this.#account === undefined
        ? "Connecting"
        : "Offline, trying again";
    const state = byId("live");
    state.dataset["state"] = isLive && this.#account !== undefined ? "live" : "waiting";
    // A status that is written anew is read out anew.
    if (state.textContent !== text) {
      state.textContent = text;
    }
  }
}
