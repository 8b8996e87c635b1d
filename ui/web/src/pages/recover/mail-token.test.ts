import { afterEach, expect, test } from "vitest";
import { takeToken } from "./mail-token";

afterEach(() => history.replaceState(null, "", "/"));

test("the token of a mail is taken out of the address, once", () => {
  history.replaceState(null, "", "/recover?from=mail#abc.def.ghi");
  expect(takeToken()).toBe("abc.def.ghi");
  expect(location.href).toMatch(/\/recover\?from=mail$/);
  expect(takeToken()).toBe("");
});
