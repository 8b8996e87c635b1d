import type { Key } from "../../i18n/en";

/** The most a file may have, in bytes, and what it may be: the API's own rules, so that nobody sends in vain. */
const mostBytes = 200 * 1024;
const kinds = ["application/pdf", "image/png", "image/jpeg"];

/** For a file input: what it offers to choose. */
export const accepted = kinds.join(",");

/** What is wrong with a file to attach, if anything. */
export function fileFault(file: { size: number; type: string }): Key | undefined {
  if (!kinds.includes(file.type)) return "fileKind";
  if (file.size > mostBytes) return "fileTooLarge";
  return file.size === 0 ? "fileEmpty" : undefined;
}

/** A size in bytes as people read it. */
export function sizeText(bytes: number, locale: string): string {
  const format = (value: number, unit: string) => new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: 0 }).format(value);
  return bytes < 1000 ? format(bytes, "byte") : format(bytes / 1000, "kilobyte");
}
