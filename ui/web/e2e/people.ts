import { inject } from "vitest";

export { password } from "./password";

/** Where the system under test answers. */
export const url = inject("url");

/** Whose e-mail address may refund. */
export const operator = inject("operator");

/** Where the Broker answers, host and port; empty where that is not known. */
export const broker = inject("broker");

let count = 0;

/** A word that was not there before, in any of the files that run at once. */
export function fresh(): string {
  return `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}${count++}`;
}

/** A new account's e-mail address. */
export function newEmail(): string {
  return `person-${fresh()}@example.com`;
}
