import type { Money } from "../api/client";
import { useSpeech } from "../i18n/provider";
import { discount, formatMoney } from "../money/money";

/** A price, and how it compares with what is printed on the ticket. */
export function Price({ price, face, large }: { price: Money; face?: Money | undefined; large?: boolean }) {
  const { t, locale } = useSpeech();
  const percent = discount(price, face);
  return (
    <div className={large ? "price large" : "price"}>
      {percent > 0 && <Bargain percent={percent} large={large ?? false} />}
      <strong>{formatMoney(price, locale)}</strong>
      {large && face && <span className="face">{t("faceValue", { price: formatMoney(face, locale) })}</span>}
    </div>
  );
}

/** On a card there is room for the number only; it is still read out in full. */
function Bargain({ percent, large }: { percent: number; large: boolean }) {
  const { t } = useSpeech();
  const text = t("belowFace", { percent });
  if (large) return <span className="bargain">{text}</span>;
  return (
    <span className="bargain" title={text}>
      <span aria-hidden="true">{t("off", { percent })}</span>
      <span className="unseen">{text}</span>
    </span>
  );
}
