import type { Money } from "../api/client";
import { useSpeech } from "../i18n/provider";
import { discount, formatMoney } from "../money/money";

/** A price, and how it compares with what is printed on the ticket. */
export function Price({ price, face, large }: { price: Money; face?: Money | undefined; large?: boolean }) {
  const { t, locale } = useSpeech();
  const percent = discount(price, face);
  return (
    <div className={large ? "price large" : "price"}>
      {percent > 0 && <span className="bargain">{t("belowFace", { percent })}</span>}
      <strong>{formatMoney(price, locale)}</strong>
      {large && face && <span className="face">{t("faceValue", { price: formatMoney(face, locale) })}</span>}
    </div>
  );
}
