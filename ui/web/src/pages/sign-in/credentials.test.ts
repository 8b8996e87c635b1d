import { expect, test } from "vitest";
import { checkCredentials } from "./credentials";

test.each([
  ["a@b.example", "12345678", "new", {}],
  ["  a@b.example ", "12345678", "new", {}],
  ["a@b.example", "1234567", "new", { password: "passwordShort" }],
  ["a@b.example", "x", "existing", {}],
  ["", "", "existing", { email: "required", password: "required" }],
  ["nobody", "12345678", "new", { email: "emailMalformed" }],
  ["a@b.example", "🎫🎫🎫🎫", "new", { password: "passwordShort" }],
] as const)("%s with %s, account %s: %o", (email, password, account, faults) => {
  expect(checkCredentials(email, password, account)).toEqual(faults);
});
