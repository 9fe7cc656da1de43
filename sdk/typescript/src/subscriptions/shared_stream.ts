import type { Connection } from "../calls/connection.js";
import { lostConnection, readStatus } from "../calls/failures.js";
import { stepForFollowing } from "../calls/retry_rules.js";
import { VibeError } from "../errors.js";
import type { Opened, SubscribeResponse } from "../gen/vibe/sync/v1/sync_service_pb.js";
import { delayAfter } from "../retry_policy.js";
import type { AccessToken } from "../token.js";
import type { FeedPage } from "./feed_page.js";
import { OpenedStream } from "./opened_stream.js";
import { StreamState } from "./stream_state.js";
import type { Subscription } from "./subscription.js";
import { onWakeUp } from "./wake_ups.js";

const joiningMs = 20;
const openingPatienceMs = 30_000;

/** A stream that stands, and who follows it by which scope. */
interface Standing {
  readonly stream: OpenedStream;
  readonly scopes: (Subscription | undefined)[];
  readonly silenceMs: number;
  renewAt: number;
  heardAt: number;
}

/**
 * Keeps several subscriptions followed by one stream: opens it, opens it anew when one joins or leaves, resumes it, and
 * ends only for a reason.
 */
export class SharedStream {
  readonly #connection: Connection;
  readonly #onStall: (subscription: Subscription) => void;
  readonly #members = new Set<Subscription>();
  readonly #state: StreamState;

  /** Ends the present run. */
  #run: AbortController | undefined;
  #standing: Standing | undefined;
  #opening: OpenedStream | undefined;

  /** When the next stream is to be opened while one stands. */
  #openAt = Infinity;
  #openFailures = 0;

  #asked: Subscription[] = [];
  #token: AccessToken | undefined;
  #endPause: (() => void) | undefined;

  constructor(connection: Connection, onStall: (subscription: Subscription) => void) {
    this.#connection = connection;
    this.#onStall = onStall;
    this.#state = new StreamState(connection.retry);
  }

  get size(): number {
    return this.#members.size;
  }

  join(subscription: Subscription): void {
    this.#members.add(subscription);
    if (this.#run === undefined) {
      this.#run = new AbortController();
      void this.#follow(this.#run.signal);
    } else {
      this.#openWithin(joiningMs);
    }
  }

  leave(subscription: Subscription): void {
    if (!this.#members.delete(subscription)) {
      return;
    }
    const scopes = this.#standing?.scopes;
    const at = scopes?.indexOf(subscription) ?? -1;
    if (at >= 0) {
      scopes?.splice(at, 1, undefined);
    }
    if (this.#members.size === 0) {
      this.#run?.abort();
      this.#run = undefined;
      this.#opening?.close();
      this.#standing?.stream.close();
      this.#standing = undefined;
      this.#openAt = Infinity;
    } else {
      this.#openWithin(joiningMs);
    }
  }

  async #follow(stop: AbortSignal): Promise<void> {
    const unlisten = onWakeUp((isOnline) => this.#wakeUp(isOnline));
    try {
      // What joins in one moment joins together.
      await this.#pause(joiningMs, stop);
      while (!stop.aborted) {
        const failure = await this.#stand(stop);
        if (failure !== undefined && !stop.aborted) {
          const wasOpen = this.#standing !== undefined && this.#asked.length === 0;
          this.#standing?.stream.close();
          this.#standing = undefined;
          await this.#recover(failure, wasOpen, stop);
        }
      }
    } catch (error) {
      if (!stop.aborted) {
        this.#end([...this.#members], error);
      }
    } finally {
      unlisten();
    }
  }

  /** Opens the stream that is due and reads it; returns why it broke, or nothing when the next one is due. */
  async #stand(stop: AbortSignal): Promise<VibeError | undefined> {
    try {
      if (this.#standing === undefined || now() >= this.#openAt) {
        await this.#open(stop);
      }
      const standing = this.#standing;
      return standing && (await this.#read(standing, stop));
    } catch (error) {
      if (error instanceof VibeError) {
        return error;
      }
      throw error;
    }
  }

  /** Opens the next stream. It stands before the old one goes, which is not read meanwhile: nothing comes twice. */
  async #open(stop: AbortSignal): Promise<void> {
    this.#openAt = Infinity;
    this.#token = undefined;
    const asked = [...this.#members];
    this.#asked = asked;
    let stream: OpenedStream | undefined;
    try {
      this.#token = await this.#connection.tokens.get(stop);
      stop.throwIfAborted();
      stream = new OpenedStream(this.#connection, { scopes: asked.map((member) => member.scope()) }, this.#token);
      this.#opening = stream;
      const first = await stream.next(openingPatienceMs);
      stop.throwIfAborted();
      if (first === undefined) {
        throw lostConnection("The stream did not open in time.");
      }
      if (first.event.case === "end") {
        throw readStatus(first.event.value.status);
      }
      this.#replace(stream, asked, first);
    } catch (error) {
      stream?.close();
      stop.throwIfAborted();
      if (!this.#mayGoOn(error)) {
        throw error;
      }
    }
  }

  #replace(stream: OpenedStream, asked: readonly Subscription[], first: SubscribeResponse): void {
    const opened: Opened | undefined = first.event.case === "opened" ? first.event.value : undefined;
    asked.forEach((member, at) => {
      member.learnName(opened?.collections[at]);
      member.state.opened(now());
    });
    this.#standing?.stream.close();
    this.#standing = {
      stream,
      ...this.#state.opened(opened, now(), Math.random()),
      scopes: asked.map((member) => (this.#members.has(member) ? member : undefined)),
      heardAt: now(),
    };
    this.#asked = [];
    this.#openFailures = 0;
    if (opened === undefined) {
      this.#receive(this.#standing, first);
    }
  }

  /**
   * Whether the old stream is read on after the next one could not be opened, which is then tried again. Where the
   * server has too many, it is the old one that is in the way.
   */
  #mayGoOn(error: unknown): boolean {
    if (
      this.#standing === undefined ||
      !(error instanceof VibeError) ||
      error.reason === "TOO_MANY_STREAMS" ||
      stepForFollowing(error, true, false) !== "again"
    ) {
      return false;
    }
    this.#openFailures++;
    this.#asked = [];
    this.#standing.heardAt = now();
    this.#openWithin(error.retryDelayMs ?? delayAfter(this.#connection.retry, this.#openFailures, Math.random()));
    return true;
  }

  /** Reads until the stream fails; returns nothing when the next one is due. */
  async #read(standing: Standing, stop: AbortSignal): Promise<VibeError | undefined> {
    for (;;) {
      stop.throwIfAborted();
      if (now() >= standing.renewAt) {
        standing.renewAt = Infinity;
        this.#openAt = 0;
        await this.#connection.tokens.renew(stop);
        return undefined;
      }
      if (now() >= this.#openAt) {
        return undefined;
      }
      const silentAt = standing.heardAt + standing.silenceMs;
      const message = await standing.stream.next(Math.min(silentAt, standing.renewAt, this.#openAt) - now());
      stop.throwIfAborted();
      if (message !== undefined) {
        standing.heardAt = now();
        const end = this.#receive(standing, message);
        if (end !== undefined) {
          return end;
        }
      } else if (now() >= silentAt) {
        return lostConnection("Nothing was heard for twice the interval of heartbeats.");
      }
    }
  }

  /** Takes in a message; returns why the stream ends with it. */
  #receive(standing: Standing, { scopeIndex, event }: SubscribeResponse): VibeError | undefined {
    const member = standing.scopes[scopeIndex];
    switch (event.case) {
      case "page":
        this.#state.progressed();
        if (member !== undefined && !member.reader.hasRoom) {
          this.leave(member);
          this.#onStall(member);
        } else {
          member?.reader.take(member.state.receive(event.value, now()));
        }
        return undefined;

      case "heartbeat":
        this.#state.progressed();
        this.#beat(member, event.value.resumeToken);
        return undefined;

      case "scopeEnded":
        standing.scopes[scopeIndex] = undefined;
        if (member !== undefined) {
          this.#endScope(member, readStatus(event.value.status));
        }
        return undefined;

      case "end":
        return readStatus(event.value.status);

      default:
        return undefined;
    }
  }

  #beat(member: Subscription | undefined, token: string): void {
    const page: FeedPage | undefined = member?.state.beat(token, now());
    if (page !== undefined && member?.reader.hasRoom) {
      member.reader.take(page);
    }
  }

  /** One scope is followed no longer; one whose cause may pass joins the next stream. */
  #endScope(member: Subscription, cause: VibeError): void {
    const step = stepForFollowing(cause, false, member.state.resumeToken !== "");
    if (step === "throw" || (step === "without_tokens" && !member.forgetTokens())) {
      this.#end([member], cause);
      return;
    }
    if (step === "anew") {
      member.state.beginAnew();
    }
    const { retry } = this.#connection;
    this.#openFailures++;
    this.#openWithin(cause.retryDelayMs ?? delayAfter(retry, this.#openFailures, Math.random()));
  }

  async #recover(failure: VibeError, wasOpen: boolean, stop: AbortSignal): Promise<void> {
    const blamed = this.#blame(failure);
    const hasResumeToken = blamed.some(({ state }) => state.resumeToken !== "");
    const recovery = this.#state.fail(failure, wasOpen, hasResumeToken, Math.random());
    switch (recovery.step) {
      case "with_new_token":
        if (!(await this.#hasNewToken(stop))) {
          this.#end([...this.#members], failure);
          return;
        }
        break;

      case "without_tokens":
        if (!this.#forgetTokens()) {
          this.#end([...this.#members], failure);
          return;
        }
        this.#connection.hooks.warn(
          "Subscribe: the server does not know the client's latest writes any more. The stream does not wait for them.",
        );
        break;

      case "anew":
        for (const member of blamed) {
          member.state.beginAnew();
        }
        break;

      case "throw":
        this.#end(blamed, failure);
        return;
    }

    if (recovery.isOffline) {
      for (const member of this.#members) {
        member.reader.loseTouch(failure);
      }
    }
    this.#connection.hooks.debug(
      `The stream was cut with ${failure.reason ?? failure.code} and resumes in ${Math.round(recovery.delayMs)} ms.`,
    );
    await this.#pause(recovery.delayMs, stop);
  }

  /** Whose fault a failure is: the scope's that it names, where it is one of the request; else everybody's. */
  #blame(failure: VibeError): Subscription[] {
    const fields = [failure.metadata["field"], ...failure.violations.map(({ field }) => field)];
    const places = fields.map((field) => /^scopes\[(\d+)\]/.exec(field ?? "")?.[1]);
    const named = [failure.metadata["scope"], ...places].flatMap((place) => this.#asked[Number(place)] ?? []);
    const members = failure.code === "invalid_argument" && named.length > 0 ? named : [...this.#members];
    return members.filter((member) => this.#members.has(member));
  }

  async #hasNewToken(stop: AbortSignal): Promise<boolean> {
    if (this.#token === undefined) {
      return false;
    }
    try {
      return (await this.#connection.tokens.afterRefusal(this.#token, stop)) !== undefined;
    } catch (error) {
      if (error instanceof VibeError) {
        // A source that fails is asked again when the next stream is opened.
        return true;
      }
      throw error;
    }
  }

  #forgetTokens(): boolean {
    return [...this.#members].map((member) => member.forgetTokens()).includes(true);
  }

  #end(members: readonly Subscription[], cause: unknown): void {
    for (const member of members) {
      this.leave(member);
      member.finish();
      member.reader.end(cause);
    }
  }

  #openWithin(milliseconds: number): void {
    this.#openAt = Math.min(this.#openAt, now() + milliseconds);
    this.#standing?.stream.interrupt();
  }

  #wakeUp(isOnline: boolean): void {
    this.#endPause?.();
    if (isOnline) {
      this.#openWithin(0);
    }
  }

  #pause(milliseconds: number, stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        stop.removeEventListener("abort", end);
        if (this.#endPause === end) {
          this.#endPause = undefined;
        }
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#endPause = end;
      stop.addEventListener("abort", end, { once: true });
    });
  }
}

function now(): number {
  return performance.now();
}
