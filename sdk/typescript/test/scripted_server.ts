import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport, type HandlerContext, type Transport } from "@connectrpc/connect";
import { DocumentService } from "@vibespace/client/gen/vibe/data/v1/document_service_pb";
import {
  SyncService,
  type SubscribeResponseSchema,
  type PullRequest,
  type PullResponseSchema,
  type SubscribeRequest,
} from "@vibespace/client/gen/vibe/sync/v1/sync_service_pb";
import type {
  BatchWriteRequest,
  BatchWriteResponseSchema,
  GetDocumentRequest,
  GetDocumentResponseSchema,
} from "@vibespace/client/gen/vibe/data/v1/document_service_pb";

type Response = MessageInitShape<typeof SubscribeResponseSchema>;

/** One stream that the client opened: what it asked for, and a way to send on it. */
export class ScriptedStream {
  readonly request: SubscribeRequest;
  readonly #context: HandlerContext;
  readonly #waiting: (Response | Error)[] = [];
  #wake = () => {};

  constructor(request: SubscribeRequest, context: HandlerContext) {
    this.request = request;
    this.#context = context;
    context.signal.addEventListener("abort", () => this.#wake());
  }

  /** Whether the client let go of it. */
  get isGone(): boolean {
    return this.#context.signal.aborted;
  }

  send(response: Response | Error): void {
    this.#waiting.push(response);
    this.#wake();
  }

  open(lifetimeSeconds = 3600, heartbeatSeconds = 30): void {
    this.send({
      event: {
        case: "opened",
        value: {
          heartbeatInterval: { seconds: BigInt(heartbeatSeconds) },
          lifetime: { seconds: BigInt(lifetimeSeconds) },
          collections: this.request.scopes.map(({ collection }) => collection.replace("/me/", "/alice/")),
        },
      },
    });
  }

  /** Sends a page of documents of that scope, which is a checkpoint too. */
  page(scopeIndex: number, resumeToken: string, ids: readonly string[], more: { reset?: boolean } = {}): void {
    this.send({ scopeIndex, event: { case: "page", value: pageOf(resumeToken, ids, more) } });
  }

  async *messages(): AsyncGenerator<Response, void, void> {
    while (!this.isGone) {
      const response = this.#waiting.shift();
      if (response instanceof Error) {
        throw response;
      }
      if (response !== undefined) {
        yield response;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

export function pageOf(resumeToken: string, ids: readonly string[], more: { reset?: boolean } = {}) {
  return {
    changes: ids.map((id) => ({
      documentId: id,
      kind: {
        case: "put" as const,
        value: {
          content: { case: "json" as const, value: new TextEncoder().encode(`{"of":"${id}"}`) },
          etag: `etag-${resumeToken}`,
        },
      },
    })),
    resumeToken,
    checkpoint: {},
    ...more,
  };
}

/** A server in the same process that does what a test says. */
export class ScriptedServer {
  readonly transport: Transport;
  readonly streams: ScriptedStream[] = [];
  readonly pulls: PullRequest[] = [];
  readonly reads: GetDocumentRequest[] = [];
  readonly writes: BatchWriteRequest[] = [];
  readonly headers: Headers[] = [];

  onPull: (request: PullRequest) => MessageInitShape<typeof PullResponseSchema> = () => unscripted();
  onRead: (request: GetDocumentRequest) => Promise<MessageInitShape<typeof GetDocumentResponseSchema>> = unscripted;
  onWrite: (request: BatchWriteRequest) => Promise<MessageInitShape<typeof BatchWriteResponseSchema>> = unscripted;

  #onStream = () => {};

  constructor() {
    this.transport = createRouterTransport(({ rpc }) => {
      rpc(SyncService.method.subscribe, (request, context) => {
        const stream = new ScriptedStream(request, context);
        this.streams.push(stream);
        this.#onStream();
        return stream.messages();
      });
      rpc(SyncService.method.pull, (request) => {
        this.pulls.push(request);
        return this.onPull(request);
      });
      rpc(DocumentService.method.getDocument, (request, { requestHeader }) => {
        this.reads.push(request);
        this.headers.push(requestHeader);
        return this.onRead(request);
      });
      rpc(DocumentService.method.batchWrite, (request, { requestHeader }) => {
        this.writes.push(request);
        this.headers.push(requestHeader);
        return this.onWrite(request);
      });
    });
  }

  /** Waits for the stream of that number, counted from 0. */
  async stream(number: number): Promise<ScriptedStream> {
    for (;;) {
      const stream = this.streams[number];
      if (stream !== undefined) {
        return stream;
      }
      await new Promise<void>((resolve) => {
        this.#onStream = resolve;
      });
    }
  }
}

function unscripted(): never {
  throw new ConnectError("The test says nothing about this call.", Code.Unimplemented);
}
