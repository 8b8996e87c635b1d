import { describe, expect, test } from "vitest";
import { itemsOf, nextCursor } from "./pages";
import { safeReturn, signInFor } from "./return-path";

describe("the way back after signing in", () => {
  test.each([
    ["/tickets/1", "/tickets/1"],
    ["/?q=a%20b", "/?q=a%20b"],
    [null, "/"],
    ["", "/"],
    ["https://evil.example", "/"],
    ["//evil.example", "/"],
    ["/\\evil.example", "/"],
    ["/\t/evil.example", "/"],
    ["javascript:alert(1)", "/"],
    ["/sign-in", "/"],
  ])("%s leads to %s", (path, to) => {
    expect(safeReturn(path)).toBe(to);
  });

  test("is kept in the address of the sign-in page", () => {
    expect(signInFor("/orders/1?x=2")).toBe("/sign-in?next=%2Forders%2F1%3Fx%3D2");
    expect(signInFor("/", "/sign-up")).toBe("/sign-up");
  });
});

describe("pages of a list", () => {
  const page = (ids: string[], next_cursor?: string) => ({ items: ids.map((id) => ({ id })), ...(next_cursor && { next_cursor }) });

  test("show what moved between them once, in the order of its first place", () => {
    const data = { pages: [page(["c", "b"], "x"), page(["b", "a"])], pageParams: ["", "x"] };
    expect(itemsOf(data).map((i) => i.id)).toEqual(["c", "b", "a"]);
  });

  test("are empty before the first has come", () => {
    expect(itemsOf(undefined)).toEqual([]);
  });

  test("end where there is no cursor", () => {
    expect(nextCursor(page([], "more"))).toBe("more");
    expect(nextCursor(page(["a"]))).toBeUndefined();
    expect(nextCursor({ items: [], next_cursor: "" })).toBeUndefined();
  });
});
