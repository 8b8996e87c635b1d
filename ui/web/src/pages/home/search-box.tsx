import { type FormEvent, useState } from "react";
import { useSpeech } from "../../i18n/provider";
import { Icon } from "../../parts/icon";

const longest = 100; // characters, as the API takes them

export function SearchBox({ q, onSearch }: { q: string; onSearch: (text: string) => void }) {
  const { t } = useSpeech();
  const [text, setText] = useState(q);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    onSearch(text.trim());
  };
  return (
    <form className="search" role="search" onSubmit={submit}>
      <Icon shape="search" />
      <input
        type="search" name="q" value={text} maxLength={longest} autoComplete="off" enterKeyHint="search"
        aria-label={t("searchLabel")} placeholder={t("searchPlaceholder")} onChange={(e) => setText(e.target.value)}
      />
      {q && (
        <button type="button" className="search-clear" aria-label={t("clearSearch")} onClick={() => onSearch("")}><Icon shape="cross" /></button>
      )}
      <button type="submit" className="button">{t("search")}</button>
    </form>
  );
}
