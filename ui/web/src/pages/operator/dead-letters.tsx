import "./operator.css";
import { useDeadLetters } from "../../api/dead-letters";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { itemsOf } from "../../navigation/pages";
import { Button } from "../../parts/button";
import { Notice } from "../../parts/notice";
import { DeadLetterSheet } from "./dead-letter";

/** Events that one function would not take, for an operator to decide about. */
export function DeadLetters() {
  const { t } = useSpeech();
  return (
    <section className="dead-letters" aria-labelledby="dead-letters">
      <h2 id="dead-letters">{t("deadLetters")}</h2>
      <p className="intro">{t("deadLettersText")}</p>
      <List />
    </section>
  );
}

function List() {
  const { t } = useSpeech();
  const letters = useDeadLetters();
  const items = itemsOf(letters.data);
  if (letters.isPending) return <div className="skeleton card-skeleton" role="status"><span className="unseen">{t("loading")}</span></div>;
  if (letters.isError && items.length === 0) return <Notice tone="bad">{explain(letters.error, t)}</Notice>;
  if (items.length === 0) return <Notice tone="good">{t("noDeadLetters")}</Notice>;
  return (
    <>
      <ul className="stack">{items.map((letter) => <li key={letter.id}><DeadLetterSheet letter={letter} /></li>)}</ul>
      {letters.hasNextPage && (
        <div className="more"><Button tone="quiet" busy={letters.isFetchingNextPage && t("loading")} onClick={() => void letters.fetchNextPage()}>{t("loadMore")}</Button></div>
      )}
    </>
  );
}
