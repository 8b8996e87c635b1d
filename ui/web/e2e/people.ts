import { inject } from "vitest";

export { password } from "./password";

/** Where the system under test answers. */
export const url = inject("url");

/** Whose e-mail address may refund. */
export const operator = inject("operator");

let count = 0;

/** A word that was not there before, in any of the files that run at once. */
export function fresh(): string {
  return `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}${count++}`;
}

/** A new account's e-mail address. */
export function newEmail(): string {
  return `person-${fresh()}@example.com`;
}
