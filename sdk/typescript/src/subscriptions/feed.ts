import type { Connection } from "../calls/connection.js";

/** What one loop reads: items as they come, until it is left, cancelled, or ends for a reason. */
export abstract class Feed<T> implements AsyncIterableIterator<T, void, void> {
  readonly #connection: Connection;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.stop(this.#signal?.reason);
  #turn: Promise<unknown> = Promise.resolve();
  #onNews = () => {};
  #finish: (() => void) | undefined;
  #isOver = false;
  #end: { readonly cause: unknown; readonly isAtOnce: boolean } | undefined;

  constructor(connection: Connection, signal: AbortSignal | undefined) {
    this.#connection = connection;
    this.#signal = signal;
  }

  /** Begins to follow; returns what ends it. */
  protected abstract begin(): () => void;

  /** Gives the next item, where there is one. */
  protected abstract takeNext(): T | undefined;

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Waits for the next item; who asks again before is served afterwards. */
  next(): Promise<IteratorResult<T, void>> {
    const turn = this.#turn.then(() => this.#advance());
    // Whoever asked hears of it; who comes next has a turn all the same.
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Leaves; a `next` under way ends with it. */
  async return(): Promise<IteratorResult<T, void>> {
    this.#leave();
    return { done: true, value: undefined };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#leave();
    return Promise.resolve();
  }

  /** Says that there may be an item. */
  notify(): void {
    this.#onNews();
  }

  /** Says why there will be no more; what is there is still given. */
  end(cause: unknown): void {
    this.#end ??= { cause, isAtOnce: false };
    this.#onNews();
  }

  /** Ends at once. */
  stop(cause: unknown): void {
    this.#end = { cause, isAtOnce: true };
    this.#onNews();
  }

  async #advance(): Promise<IteratorResult<T, void>> {
    for (;;) {
      if (this.#isOver) {
        return { done: true, value: undefined };
      }
      try {
        const item = this.#look();
        if (item !== undefined) {
          return { done: false, value: item };
        }
      } catch (error) {
        this.#leave();
        throw error;
      }
      await new Promise<void>((resolve) => {
        this.#onNews = resolve;
      });
    }
  }

  #look(): T | undefined {
    if (this.#finish === undefined) {
      this.#signal?.throwIfAborted();
      this.#connection.throwIfClosed();
      this.#finish = this.begin();
      this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    }
    if (this.#end?.isAtOnce) {
      throw this.#end.cause;
    }
    const item = this.takeNext();
    if (item === undefined && this.#end !== undefined) {
      throw this.#end.cause;
    }
    return item;
  }

  #leave(): void {
    this.#isOver = true;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#finish?.();
    this.#onNews();
  }
}
