import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { english, type Messages } from "./en";
import { chooseLanguage, type Language, type Translate, translator } from "./translate";

interface Speech {
  language: Language;
  /** For numbers and dates, such as de-AT. */
  locale: string;
  t: Translate;
  speak: (language: Language) => void;
}

const storageKey = "usher.language";

const Context = createContext<Speech | null>(null);

/** The texts of a language; all but English are loaded when they are needed. */
export async function load(language: Language): Promise<Partial<Messages>> {
  return language === "de" ? (await import("./de")).de : english;
}

/** What was chosen here before; a browser may forbid us to remember. */
export function remembered(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

function remember(language: Language): void {
  try {
    localStorage.setItem(storageKey, language);
  } catch {
    // It is chosen for this visit only.
  }
}

interface Props {
  first: { language: Language; messages: Partial<Messages> };
  children: ReactNode;
}

/** Lets everything below speak one language. */
export function Speaking({ first, children }: Props) {
  const [current, setCurrent] = useState(first);
  const speak = useCallback((language: Language) => {
    remember(language);
    void load(language).then((messages) => setCurrent({ language, messages }));
  }, []);
  const speech = useMemo(() => {
    const { locale } = chooseLanguage(current.language, navigator.languages);
    return { language: current.language, locale, t: translator(current.messages, locale), speak };
  }, [current, speak]);
  useEffect(() => {
    document.documentElement.lang = current.language;
  }, [current.language]);
  return <Context value={speech}>{children}</Context>;
}

/** How to say things to the person in front of the page. */
export function useSpeech(): Speech {
  const speech = useContext(Context);
  if (!speech) throw new Error("useSpeech needs <Speaking> above it");
  return speech;
}
