import type { VibeClient } from "../client/index.js";
import { AppService, type App } from "../client/gen/vibe/consent/v1/app_service_pb.js";
import { GrantService, GrantState, type Grant } from "../client/gen/vibe/consent/v1/grant_service_pb.js";
import { permissionsOf, type Permission } from "./permissions.js";

/** A grant as it is shown. */
export interface ShownGrant {
  readonly grant: Grant;
  /** The app's name as its manifest gives it, or its id. */
  readonly appName: string;
  readonly appId: string;
  readonly isActive: boolean;
  readonly permissions: readonly Permission[];
}

/** The grants of the person's space. There is no stream of them: they are looked up. */
export class Grants {
  readonly #client: VibeClient;
  #consistencyTokens: string[] = [];

  constructor(client: VibeClient) {
    this.#client = client;
  }

  /** Looks all grants up, the newest first, each with what its app's manifest leaves of it. */
  async list(): Promise<ShownGrant[]> {
    const grants = await this.#listGrants();
    const names = [...new Set(grants.map(({ app }) => app))];
    const apps = new Map(await Promise.all(names.map(async (name) => [name, await this.#app(name)] as const)));
    return grants.map((grant) => show(grant, apps.get(grant.app)));
  }

  /** Ends a grant for good. */
  async stop(grant: Grant): Promise<void> {
    const { consistencyToken } = await this.#client.raw(GrantService).revokeGrant({ name: grant.name });
    this.#consistencyTokens = [consistencyToken];
  }

  async #listGrants(): Promise<Grant[]> {
    const grants: Grant[] = [];
    let pageToken = "";
    do {
      const page = await this.#client
        .raw(GrantService)
        .listGrants({ parent: "spaces/me", pageToken, consistencyTokens: this.#consistencyTokens });
      grants.push(...page.grants);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return grants;
  }

  async #app(name: string): Promise<App | undefined> {
    return (await this.#client.raw(AppService).getApp({ name })).app;
  }
}

function show(grant: Grant, app: App | undefined): ShownGrant {
  const appId = grant.app.replace(/^apps\//, "");
  return {
    grant,
    appId,
    appName: app?.manifest?.displayName ?? appId,
    isActive: grant.state === GrantState.ACTIVE,
    permissions: permissionsOf(grant, app),
  };
}
