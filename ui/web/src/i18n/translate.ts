import type { Key, Messages } from "./en";

export type Values = Record<string, string | number>;
export type Translate = (key: Key, values?: Values) => string;

/** Makes the function that says things in one language. */
export function translator(messages: Partial<Messages>, locale: string): Translate {
  const plural = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);
  return (key, values = {}) => {
    const message = messages[key] ?? key;
    const count = values["count"];
    const text = typeof message === "string" ? message : message[typeof count === "number" && plural.select(count) === "one" ? "one" : "other"];
    return text.replaceAll(/\{(\w+)\}/g, (gap, name: string) => {
      const value = values[name];
      if (value === undefined) return gap;
      return typeof value === "number" ? numbers.format(value) : value;
    });
  };
}

export const languages = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof languages;

export function isLanguage(value: string | null | undefined): value is Language {
  return value === "en" || value === "de";
}

/** The language somebody chose before, else the first of the browser's that we speak, and how that place writes numbers and dates. */
export function chooseLanguage(chosen: string | null, wanted: readonly string[]): { language: Language; locale: string } {
  const spoken = wanted.find((l) => isLanguage(l.slice(0, 2).toLowerCase()));
  const base = spoken?.slice(0, 2).toLowerCase();
  const language = isLanguage(chosen) ? chosen : isLanguage(base) ? base : "en";
  const locale = wanted.find((l) => l.slice(0, 2).toLowerCase() === language) ?? language;
  return { language, locale };
}
