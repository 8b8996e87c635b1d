import "../../i18n/en-pages";
import { Link } from "wouter";
import { useSpeech } from "../../i18n/provider";
import { Empty } from "../../parts/empty";
import { Title } from "../../parts/title";

export default function NotFoundPage() {
  const { t } = useSpeech();
  return (
    <div className="page">
      <Title unseen>{t("notFoundTitle")}</Title>
      <Empty shape="search" title={t("notFoundTitle")} text={t("notFoundText")}><Link href="/" className="button">{t("browse")}</Link></Empty>
    </div>
  );
}
