import { VibeClient } from "../client/index.js";
import { version } from "../client/version.js";
import { byId } from "./element.js";
import { showNotice, showSignedOut } from "./notice.js";
import { hadSession, redeem, takeSecret, token, type SignedOut } from "./session.js";
import { SpaceView } from "./space_view.js";

const checkPatienceMs = 10_000;

/** Signs in by the secret of the address, or by the session that there is, and shows the space. */
async function start(): Promise<void> {
  const secret = takeSecret();
  if (secret !== undefined && !(await redeem(secret))) {
    signedOut("used-address");
  } else if (await isSignedIn()) {
    const client = new VibeClient(location.origin, { token, application: `vibe-page/${version}` });
    new SpaceView(
      client,
      () => {
        signedOut("ended");
        void client.close();
      },
      isSignedIn,
    ).start();
  } else {
    signedOut(hadSession() ? "ended" : "no-address");
  }
}

async function isSignedIn(): Promise<boolean> {
  return (await token({ signal: AbortSignal.timeout(checkPatienceMs) })) !== undefined;
}

function signedOut(why: SignedOut): void {
  byId("live").hidden = true;
  showSignedOut(why);
}

// An address that is opened where the page is open already changes the fragment alone, and loads nothing.
addEventListener("hashchange", () => {
  if (/^#[^/]/.test(location.hash) && location.hash !== "#main") {
    location.reload();
  }
});

start().catch((error: unknown) => {
  console.error(error);
  byId("live").hidden = true;
  showNotice("The server does not answer");
});
