import "../../i18n/en-pages";
import { useSpeech } from "../../i18n/provider";
import { MissingPage } from "../../parts/missing-page";

export default function NotFoundPage() {
  const { t } = useSpeech();
  return <MissingPage shape="search" title={t("notFoundTitle")} href="/" way={t("browse")} />;
}
