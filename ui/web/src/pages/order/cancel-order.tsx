import { useState } from "react";
import { useCancelOrder } from "../../api/orders";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { Button } from "../../parts/button";
import { Confirm } from "../../parts/confirm";
import { Notice } from "../../parts/notice";

export function CancelOrder({ id }: { id: string }) {
  const { t } = useSpeech();
  const [asking, setAsking] = useState(false);
  const cancel = useCancelOrder(id);
  return (
    <div className="cancel-order">
      {cancel.isError && <Notice tone="bad">{explain(cancel.error, t, { 409: "alreadyPaid" })}</Notice>}
      <Button tone="quiet" onClick={() => setAsking(true)}>{t("cancelOrder")}</Button>
      {asking && (
        <Confirm
          title={t("cancelOrderTitle")} text={t("cancelOrderText")} yes={t("cancelOrderConfirm")} no={t("keepOrder")} busy={cancel.isPending}
          onNo={() => setAsking(false)} onYes={() => cancel.mutate(undefined, { onSettled: () => setAsking(false) })}
        />
      )}
    </div>
  );
}
