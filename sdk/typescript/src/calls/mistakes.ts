/** What a client, or a batch, says that is used after its end. */
export function isOver(text: string): DOMException {
  return new DOMException(text, "InvalidStateError");
}

export function clientIsClosed(): DOMException {
  return isOver("The client is closed.");
}
