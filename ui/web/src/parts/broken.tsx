import { explain } from "../i18n/explain";
import { useSpeech } from "../i18n/provider";

/** What cannot be shown, why, and the way to try again. */
export function Broken({ error, onRetry }: { error?: unknown; onRetry: () => void }) {
  const { t } = useSpeech();
  return (
    <div className="empty" role="alert">
      <h2>{t("failedTitle")}</h2>
      <p>{explain(error, t)}</p>
      <button type="button" className="button" onClick={onRetry}>{t("retry")}</button>
    </div>
  );
}
