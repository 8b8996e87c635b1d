import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { useRecover } from "../../api/signing";
import { byField } from "../../i18n/by-field";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { Button } from "../../parts/button";
import { Field } from "../../parts/field";
import { Notice } from "../../parts/notice";
import { Title } from "../../parts/title";
import { useFaults } from "../../parts/use-faults";
import { checkEmail } from "../sign-in/credentials";

/** Asks whose password is forgotten. What is said then is the same whether or not the address has an account. */
export function AskForMail({ over }: { over: boolean }) {
  const { t } = useSpeech();
  const { form, faults, show, clear } = useFaults();
  const [email, setEmail] = useState("");
  const ask = useRecover();
  const fail = (error: unknown) => {
    const whole = explain(error, t, { 400: "emailMalformed", 429: "tooManyMails" });
    show(byField(error, ["email"]).fields["email"] ? { fields: { email: whole } } : { fields: {}, whole });
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (ask.isPending) return;
    const fault = checkEmail(email);
    show({ fields: fault ? { email: t(fault) } : {} });
    if (!fault) ask.mutate(email, { onError: fail });
  };
  return (
    <form ref={form} className="sheet" onSubmit={submit} noValidate>
      <Title>{t("forgotPassword")}</Title>
      {over && ask.isIdle && <Notice tone="bad">{t("linkOver")}</Notice>}
      {faults.whole && <Notice tone="bad">{faults.whole}</Notice>}
      {ask.isSuccess ? (
        <>
          <Notice tone="good" title={t("recoverSent")}>{t("recoverSentText", { email: ask.variables.trim() })}</Notice>
          <Button tone="quiet" wide onClick={ask.reset}>{t("recoverAgain")}</Button>
        </>
      ) : (
        <>
          <p className="sheet-intro">{t("recoverText")}</p>
          <Field
            name="email" type="email" label={t("emailLabel")} value={email} error={faults.fields["email"]} autoComplete="username" inputMode="email"
            autoCapitalize="none" spellCheck={false} onText={(text) => { setEmail(text); clear("email"); }}
          />
          <Button type="submit" wide busy={ask.isPending && t("recoverSending")}>{t("recoverSend")}</Button>
        </>
      )}
      <p className="sheet-other"><Link href="/sign-in">{t("signIn")}</Link></p>
    </form>
  );
}
