import type { Payment } from "../../api/client";
import { usePaymentConfig } from "../../api/payments";
import { useSpeech } from "../../i18n/provider";
import { challengeAddress } from "./stage";
import { StripeChallenge } from "./stripe-challenge";

/** The buyer's bank asks whether it is them (3-D Secure). */
export function Challenge({ payment }: { payment: Payment }) {
  const { t } = useSpeech();
  const config = usePaymentConfig();
  const address = challengeAddress(config.data?.challenge_url, payment.client_secret);
  return (
    <div className="pay-form">
      <h2>{t("challengeTitle")}</h2>
      <p>{t("challengeText")}</p>
      {address && <a className="button wide" href={address} target="_blank" rel="noopener noreferrer">{t("challengeOpen")}</a>}
      {config.data?.test_double === false && payment.client_secret && (
        <StripeChallenge publishableKey={config.data.publishable_key} secret={payment.client_secret} />
      )}
      <p className="waiting-line" role="status"><span className="spinner" aria-hidden="true" /> {t("challengeWaiting")}</p>
    </div>
  );
}
