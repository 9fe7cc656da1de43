import { AccessToken } from "../client/index.js";

const keyName = "vibe-page-key";
const secretForm = /^#[A-Za-z0-9_-]{43}$/;

/** Why the page has nobody to be. */
export type SignedOut = "no-address" | "used-address" | "ended";

/** Takes the secret out of the address, where there is one. From then on the address holds none. */
export function takeSecret(): string | undefined {
  if (!secretForm.test(location.hash)) {
    return undefined;
  }
  const secret = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  return secret;
}

/**
 * Exchanges a secret for a session: a cookie that no script reads, and a key that no other origin reads. Both are needed.
 * @returns Whether the secret was still good.
 */
export async function redeem(secret: string): Promise<boolean> {
  const response = await post("/session", { secret });
  if (response.status === 401) {
    return false;
  }
  await throwUnlessOk(response);
  const { key } = (await response.json()) as { key: string };
  localStorage.setItem(keyName, key);
  return true;
}

/**
 * Asks for an access token of this session.
 * @returns Undefined when there is no such session, or no more.
 */
export async function token({ signal }: { signal: AbortSignal }): Promise<AccessToken | undefined> {
  const key = localStorage.getItem(keyName);
  if (key === null) {
    return undefined;
  }
  const response = await post("/session/token", { key }, signal);
  if (response.status === 401) {
    return undefined;
  }
  await throwUnlessOk(response);
  const minted = (await response.json()) as { token: string; expires: string };
  return new AccessToken(minted.token, new Date(minted.expires));
}

/** Whether this page was ever signed in here; of use for what to say alone. */
export function hadSession(): boolean {
  return localStorage.getItem(keyName) !== null;
}

function post(path: string, body: object, signal: AbortSignal | null = null): Promise<Response> {
  return fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
}

async function throwUnlessOk(response: Response): Promise<void> {
  if (!response.ok) {
    throw new Error(`${new URL(response.url).pathname} answered ${response.status}.`);
  }
}
