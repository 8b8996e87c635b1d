import type { Draft } from "./draft";

interface Typed {
  draft: Draft;
  code: string;
}

let kept: (Partial<Typed> & { owner: string }) | undefined;

/** Keeps in this tab what its owner has typed and not listed yet: looking elsewhere, or having to sign in again, does not lose it. */
export function keep(owner: string, typed: Partial<Typed>): void {
  kept = { ...(kept?.owner === owner && kept), ...typed, owner };
}

/** What the owner had typed; nothing of what somebody else did. */
export function keptOf(owner: string): Partial<Typed> {
  return kept?.owner === owner ? kept : {};
}

/** Forgets it: it is listed. */
export function forget(): void {
  kept = undefined;
}
