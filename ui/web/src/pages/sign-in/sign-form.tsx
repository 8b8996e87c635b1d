import "./sign-in.css";
import { type FormEvent, useState } from "react";
import { Link, Redirect, useLocation, useSearchParams } from "wouter";
import { useSession } from "../../api/session";
import { useSignIn } from "../../api/signing";
import { byField } from "../../i18n/by-field";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { safeReturn, signInFor } from "../../navigation/return-path";
import { Button } from "../../parts/button";
import { Field } from "../../parts/field";
import { Notice } from "../../parts/notice";
import { Title } from "../../parts/title";
import { useFaults } from "../../parts/use-faults";
import { checkCredentials } from "./credentials";

const known = ["email", "password"];

/** Signs in, or opens an account, and goes back to where somebody was. */
export function SignForm({ account }: { account: "new" | "existing" }) {
  const { t } = useSpeech();
  const fresh = account === "new";
  const [params] = useSearchParams();
  const [, navigate] = useLocation();
  const session = useSession();
  const sign = useSignIn(account);
  const { form, faults, show, clear } = useFaults();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const next = safeReturn(params.get("next"));

  const fail = (error: unknown) => {
    const whole = explain(error, t, { 401: "wrongCredentials", 409: "emailInUse" });
    const { fields } = byField(error, known);
    const first = Object.keys(fields)[0];
    // The API says "in use" at the field; our words for it stand there too.
    show(first ? { fields: { ...fields, [first]: whole } } : { fields: {}, whole });
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (sign.isPending) return;
    const found = Object.entries(checkCredentials(email, password, account)).map(([field, key]) => [field, t(key)] as const);
    show({ fields: Object.fromEntries(found) });
    if (found.length > 0) return;
    sign.mutate({ email, password }, { onSuccess: () => navigate(next, { replace: true }), onError: fail });
  };

  if (session && sign.isIdle) return <Redirect to={next} replace />;
  const other = signInFor(next, fresh ? "/sign-in" : "/sign-up");
  return (
    <div className="sign">
      <form ref={form} className="sheet" onSubmit={submit} noValidate>
        <Title>{t(fresh ? "signUpTitle" : "signInTitle")}</Title>
        <p className="sheet-intro">{t(fresh ? (next === "/" ? "signUpText" : "signUpNext") : next === "/" ? "signInText" : "sessionOver")}</p>
        {faults.whole && <Notice tone="bad">{faults.whole}</Notice>}
        <Field
          name="email" type="email" label={t("emailLabel")} value={email} error={faults.fields["email"]} autoComplete="username" inputMode="email"
          autoCapitalize="none" spellCheck={false} onText={(text) => { setEmail(text); clear("email"); }}
        />
        <Field
          name="password" type="password" label={t("passwordLabel")} value={password} error={faults.fields["password"]}
          autoComplete={fresh ? "new-password" : "current-password"} {...(fresh && { hint: t("passwordHint") })}
          onText={(text) => { setPassword(text); clear("password"); }}
        />
        <Button type="submit" wide busy={sign.isPending && t(fresh ? "signingUp" : "signingIn")}>{t(fresh ? "signUp" : "signIn")}</Button>
        {!fresh && <p className="sheet-other"><Link href="/recover">{t("forgotPassword")}</Link></p>}
        <p className="sheet-other">{t(fresh ? "haveAccount" : "noAccount")} <Link href={other}>{t(fresh ? "signIn" : "signUp")}</Link></p>
      </form>
    </div>
  );
}
