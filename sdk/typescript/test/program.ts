import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The program `vibe`: what VIBE_COMMAND names, else the one that this checkout built. */
export function vibeProgram(): [string] {
  const built = fileURLToPath(new URL("../../../artifacts/bin/Vibe.Cli/debug/vibe", import.meta.url));
  return [process.env["VIBE_COMMAND"] ?? (existsSync(built) ? built : "vibe")];
}
