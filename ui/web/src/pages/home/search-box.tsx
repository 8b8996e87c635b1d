import { type FormEvent, useEffect, useState } from "react";
import { useSpeech } from "../../i18n/provider";
import { Icon } from "../../parts/icon";

const longest = 100; // characters, as the API takes them

/** How long somebody must pause before what they have typed is searched, in milliseconds. */
const pause = 250;

/** Searches while somebody types. onSearch is told the words; done says that they were confirmed, and the results are what matters now. */
export function SearchBox({ q, onSearch }: { q: string; onSearch: (text: string, done: boolean) => void }) {
  const { t } = useSpeech();
  const [text, setText] = useState(q);
  // The words that the page shows. Others than we told it come from a link, or from going back.
  const [shown, setShown] = useState(q);
  if (q !== shown) {
    setShown(q);
    setText(q);
  }
  const search = (words: string, done: boolean) => {
    setShown(words);
    onSearch(words, done);
  };
  useEffect(() => {
    if (text.trim() === shown) return undefined;
    const timer = setTimeout(() => search(text.trim(), false), pause);
    return () => clearTimeout(timer);
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    search(text.trim(), true);
  };
  const clear = () => {
    setText("");
    search("", false);
  };
  return (
    <form className="search" role="search" onSubmit={submit}>
      <Icon shape="search" />
      <input
        type="search" name="q" value={text} maxLength={longest} autoComplete="off" enterKeyHint="search"
        aria-label={t("searchLabel")} placeholder={t("searchPlaceholder")} onChange={(e) => setText(e.target.value)}
      />
      {text && (
        <button type="button" className="search-clear" aria-label={t("clearSearch")} onClick={clear}><Icon shape="cross" /></button>
      )}
      <button type="submit" className="button">{t("search")}</button>
    </form>
  );
}
