/** The length of a `google.protobuf.Duration`. */
export function milliseconds(duration: { readonly seconds: bigint; readonly nanos: number }): number {
  return Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}

/** The moment of a `google.protobuf.Timestamp`, to the millisecond below. */
export function dateOf(timestamp: { readonly seconds: bigint; readonly nanos: number }): Date {
  return new Date(Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / 1e6));
}
