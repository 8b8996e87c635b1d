import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import { useConfirmRecovery } from "../../api/signing";
import { byField } from "../../i18n/by-field";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { leaveWord } from "../../navigation/said";
import { Button } from "../../parts/button";
import { Field } from "../../parts/field";
import { Notice } from "../../parts/notice";
import { Title } from "../../parts/title";
import { useFaults } from "../../parts/use-faults";
import { checkPassword } from "../sign-in/credentials";

/** Sets a new password by what a mail's link held. onOver is told when that is not valid any more. */
export function SetPassword({ token, onOver }: { token: string; onOver: () => void }) {
  const { t } = useSpeech();
  const [, navigate] = useLocation();
  const { form, faults, show, clear } = useFaults();
  const [password, setPassword] = useState("");
  const confirm = useConfirmRecovery(() => {
    leaveWord("passwordChanged");
    navigate("/", { replace: true });
  });
  const fail = (error: unknown) => {
    const { fields } = byField(error, ["token", "password"]);
    if (fields["token"]) onOver();
    else show(fields["password"] ? { fields } : { fields: {}, whole: explain(error, t) });
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (confirm.isPending) return;
    const fault = checkPassword(password, "new");
    show({ fields: fault ? { password: t(fault) } : {} });
    if (!fault) confirm.mutate({ token, password }, { onError: fail });
  };
  return (
    <form ref={form} className="sheet" onSubmit={submit} noValidate>
      <Title>{t("newPasswordTitle")}</Title>
      <p className="sheet-intro">{t("newPasswordText")}</p>
      {faults.whole && <Notice tone="bad">{faults.whole}</Notice>}
      <Field
        name="password" type="password" label={t("newPassword")} hint={t("passwordHint")} value={password} error={faults.fields["password"]}
        autoComplete="new-password" onText={(text) => { setPassword(text); clear("password"); }}
      />
      <Button type="submit" wide busy={confirm.isPending && t("saving")}>{t("newPasswordSet")}</Button>
    </form>
  );
}
