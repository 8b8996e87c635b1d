import { useSpeech } from "../i18n/provider";
import { Broken } from "./broken";
import { Title } from "./title";

/** In the place of a page that could not be read. It has a heading and names the window, as every page does. */
export function BrokenPage({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useSpeech();
  return (
    <div className="page">
      <Title unseen>{t("failedTitle")}</Title>
      <Broken error={error} onRetry={onRetry} />
    </div>
  );
}
