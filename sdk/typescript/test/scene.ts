import type { Collection, DocumentRef, DocumentSnapshot, VibeClient } from "@vibespace/client";
import type { TestServer } from "@vibespace/client/testing";

export interface Movie {
  Title: string;
  Year?: number;
  Rating?: number;
}

/** What the blocks of the README speak of. */
export interface Scene {
  vibe: VibeClient;
  movies: Collection<Movie>;
  alien: DocumentRef<Movie>;
  store: {
    resumeToken: string | undefined;
    beginGeneration(): void;
    put(id: string, document: DocumentSnapshot<Movie> | undefined): void;
    dropOlderGenerations(): void;
    commit(resumeToken: string): void;
  };
  address: string;
  signIn(signal: AbortSignal): Promise<{ token: string; expiresAt: Date }>;
  metrics: { record(method: string, attempt: number, durationMs: number, code: string | undefined): void };
  startServer(): Promise<TestServer>;
}
