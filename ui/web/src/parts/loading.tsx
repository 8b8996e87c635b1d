import { useSpeech } from "../i18n/provider";

/** A page on its way. It is invisible for a moment: what comes fast should not flicker. */
export function Loading() {
  const { t } = useSpeech();
  return <div className="loading" role="status"><span className="unseen">{t("loading")}</span><span className="spinner" aria-hidden="true" /></div>;
}

/** Where cards will be. */
export function CardSkeletons({ count }: { count: number }) {
  const { t } = useSpeech();
  return (
    <div role="status" className="grid">
      <span className="unseen">{t("loading")}</span>
      {Array.from({ length: count }, (_, i) => <div key={i} className="skeleton card-skeleton" aria-hidden="true" />)}
    </div>
  );
}
