/** A key that makes a repeated request the same request. crypto.randomUUID is there on HTTPS only; this is there on a LAN too. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
