import { expect, test } from "vitest";
import { fileFault, sizeText } from "./attachment";

test.each([
  [{ type: "application/pdf", size: 1 }, undefined],
  [{ type: "image/png", size: 200 * 1024 }, undefined],
  [{ type: "image/jpeg", size: 200 * 1024 + 1 }, "fileTooLarge"],
  [{ type: "image/gif", size: 10 }, "fileKind"],
  [{ type: "", size: 10 }, "fileKind"],
  [{ type: "application/pdf", size: 0 }, "fileEmpty"],
])("of the file %j is wrong: %s", (file, fault) => {
  expect(fileFault(file)).toBe(fault);
});

test.each([
  [1, "en", "1 byte"],
  [999, "en", "999 byte"],
  [84_300, "en", "84 kB"],
  [84_300, "de", "84 kB"],
])("%d bytes in %s are written %s", (bytes, locale, text) => {
  expect(sizeText(bytes, locale)).toBe(text);
});
