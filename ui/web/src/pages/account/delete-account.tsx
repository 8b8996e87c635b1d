import { type FormEvent, useState } from "react";
import { Link, useLocation } from "wouter";
import { useDeleteAccount } from "../../api/signing";
import { byField } from "../../i18n/by-field";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { leaveWord } from "../../navigation/said";
import { Button } from "../../parts/button";
import { Confirm } from "../../parts/confirm";
import { Field } from "../../parts/field";
import { Notice } from "../../parts/notice";
import { useFaults } from "../../parts/use-faults";

/** What may still be under way, by the API's name for it: what that means, and the page where it can be ended. */
const live = {
  listings: { text: "liveListings", page: "mine", path: "/mine" },
  orders: { text: "liveOrders", page: "orders", path: "/orders" },
} as const;

type Live = keyof typeof live;
const kinds = Object.keys(live) as Live[];

export function DeleteAccount() {
  const { t } = useSpeech();
  const [, navigate] = useLocation();
  const { form, faults, show, clear } = useFaults();
  const [password, setPassword] = useState("");
  const [asking, setAsking] = useState(false);
  const [underWay, setUnderWay] = useState<Live[]>([]);
  const remove = useDeleteAccount(() => {
    leaveWord("accountDeleted");
    navigate("/");
  });
  const fail = (error: unknown) => {
    const { fields } = byField(error, ["password", ...kinds]);
    const found = kinds.filter((kind) => fields[kind]);
    const whole = explain(error, t, { 403: "currentWrong", 409: "tryAgain" });
    setUnderWay(found);
    show(fields["password"] ? { fields: { password: whole } } : { fields: {}, whole: found.length > 0 ? undefined : whole });
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setUnderWay([]);
    show({ fields: password === "" ? { password: t("required") } : {} });
    setAsking(password !== "");
  };
  const type = (text: string) => {
    setPassword(text);
    clear("password");
  };
  return (
    <form ref={form} className="sheet" onSubmit={submit} noValidate aria-label={t("deleteAccount")}>
      <h2>{t("deleteAccount")}</h2>
      <p className="sheet-intro">{t("deleteAccountText")}</p>
      {faults.whole && <Notice tone="bad">{faults.whole}</Notice>}
      {underWay.length > 0 && (
        <Notice tone="bad" title={t("accountLive")}>
          {underWay.map((kind) => <p key={kind}>{t(live[kind].text)} <Link href={live[kind].path}>{t(live[kind].page)}</Link></p>)}
        </Notice>
      )}
      <Field name="password" type="password" label={t("passwordLabel")} value={password} error={faults.fields["password"]} autoComplete="current-password" onText={type} />
      <Button type="submit" tone="danger">{t("deleteAccount")}</Button>
      {asking && (
        <Confirm
          title={t("deleteTitle")} text={t("deleteText")} yes={t("deleteConfirm")} no={t("keepAccount")} busy={remove.isPending}
          onNo={() => setAsking(false)} onYes={() => remove.mutate(password, { onError: fail, onSettled: () => setAsking(false) })}
        />
      )}
    </form>
  );
}
