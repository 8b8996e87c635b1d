import { useState } from "react";
import { useLocation } from "wouter";
import { useWithdrawTicket } from "../../api/selling";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { leaveWord } from "../../navigation/said";
import { Button } from "../../parts/button";
import { Confirm } from "../../parts/confirm";
import { Notice } from "../../parts/notice";

export function Withdraw({ id }: { id: string }) {
  const { t } = useSpeech();
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState(false);
  const withdraw = useWithdrawTicket(id);
  const done = () => {
    leaveWord("withdrawn");
    navigate("/mine");
  };
  const go = () => withdraw.mutate(undefined, { onSuccess: done, onSettled: () => setAsking(false) });
  return (
    <>
      {withdraw.isError && <Notice tone="bad">{explain(withdraw.error, t, { 409: "beingBought" })}</Notice>}
      <Button tone="quiet" wide onClick={() => setAsking(true)}>{t("withdraw")}</Button>
      {asking && (
        <Confirm
          title={t("withdrawTitle")} text={t("withdrawText")} yes={t("withdrawConfirm")} no={t("keepTicket")} busy={withdraw.isPending}
          onNo={() => setAsking(false)} onYes={go}
        />
      )}
    </>
  );
}
