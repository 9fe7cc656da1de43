/**
 * Calls back when a page comes back to its network or to its person, with whether the network changed; elsewhere never.
 * @returns Ends it.
 */
export function onWakeUp(callback: (isOnline: boolean) => void): () => void {
  if (typeof document === "undefined" || typeof addEventListener !== "function") {
    return () => {};
  }
  const onOnline = () => callback(true);
  const onVisible = () => {
    if (document.visibilityState === "visible") {
      callback(false);
    }
  };
  addEventListener("online", onOnline);
  document.addEventListener("visibilitychange", onVisible);
  return () => {
    removeEventListener("online", onOnline);
    document.removeEventListener("visibilitychange", onVisible);
  };
}
