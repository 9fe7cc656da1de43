/** The version of this package, as `sdk/VERSION` says it. */
export const version = "0.1.0";
