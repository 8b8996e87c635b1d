import "../../i18n/en-pages";
import { type FormEvent, useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { usePayment } from "../../api/payments";
import { useSession } from "../../api/session";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { Button } from "../../parts/button";
import { Empty } from "../../parts/empty";
import { Field } from "../../parts/field";
import { Notice } from "../../parts/notice";
import { Title } from "../../parts/title";
import { DeadLetters } from "./dead-letters";
import { FoundPayment } from "./found-payment";

/** For who runs the place: finds the payment of an order, whose number is in the address, and refunds it; and what could not be delivered. */
export default function OperatorPage() {
  const { t } = useSpeech();
  const session = useSession();
  const [params] = useSearchParams();
  const order = params.get("order")?.trim() ?? "";
  return (
    <div className="page narrow">
      <Title>{t("operatorTitle")}</Title>
      {session?.role === "operator" ? (
        <>
          <p className="intro">{t("operatorText")}</p>
          <Find key={order} order={order} />
          {order && <Found key={`found ${order}`} order={order} />}
          <DeadLetters />
        </>
      ) : (
        <Empty shape="person" title={t("operatorOnly")} text={t("operatorOnlyText")}><Link href="/" className="button">{t("browse")}</Link></Empty>
      )}
    </div>
  );
}

function Find({ order }: { order: string }) {
  const { t } = useSpeech();
  const [, navigate] = useLocation();
  const [text, setText] = useState(order);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    navigate(text.trim() ? `/operator?order=${encodeURIComponent(text.trim())}` : "/operator");
  };
  return (
    <form className="sheet" role="search" onSubmit={submit}>
      <Field name="order" label={t("orderNumber")} hint={t("orderNumberHint")} value={text} autoComplete="off" spellCheck={false} maxLength={100} onText={setText} />
      <Button type="submit">{t("findPayment")}</Button>
    </form>
  );
}

function Found({ order }: { order: string }) {
  const { t } = useSpeech();
  const payment = usePayment(order, true);
  if (payment.data) return <FoundPayment payment={payment.data} />;
  return (
    <div className="word found-payment" role="status">
      {payment.isError && <Notice tone="bad">{explain(payment.error, t)}</Notice>}
      {payment.data === null && <Notice tone="calm" title={t("noPayment")}>{t("noPaymentText")}</Notice>}
    </div>
  );
}
