import { inject } from "vitest";

/** Where the system under test answers. */
export const url = inject("url");

export const password = "correct horse battery";

let count = 0;

/** A number that was not there before. */
export function fresh(): string {
  return `${Date.now().toString(36)}${count++}`;
}

/** A new account's e-mail address. */
export function newEmail(): string {
  return `person-${fresh()}@example.com`;
}
