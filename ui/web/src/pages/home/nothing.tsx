import "../../i18n/en-pages";
import { Link } from "wouter";
import { useSpeech } from "../../i18n/provider";
import { Empty } from "../../parts/empty";
import { filtersOf, type Wish } from "./wish";

/** Instead of a list without a ticket: why it is empty, and what to do about it. */
export default function Nothing({ wish }: { wish: Wish }) {
  const { t } = useSpeech();
  if (wish.q || filtersOf(wish) > 0) {
    return (
      <Empty shape="search" title={wish.q ? t("noResultsTitle", { q: wish.q }) : t("noMatchTitle")} text={t(wish.q ? "noResultsText" : "noMatchText")}>
        <Link href="/" className="button">{t("showAll")}</Link>
      </Empty>
    );
  }
  return (
    <Empty shape="ticket" title={t("emptyTitle")} text={t("emptyText")}>
      <Link href="/sell" className="button">{t("emptySell")}</Link>
    </Empty>
  );
}
