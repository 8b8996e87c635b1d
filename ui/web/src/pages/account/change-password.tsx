import { type FormEvent, useState } from "react";
import { useChangePassword } from "../../api/account";
import { byField } from "../../i18n/by-field";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { Button } from "../../parts/button";
import { Field } from "../../parts/field";
import { Notice } from "../../parts/notice";
import { useFaults } from "../../parts/use-faults";
import { checkChange, type Change } from "./change";

const empty: Change = { current: "", new: "" };

export function ChangePassword() {
  const { t } = useSpeech();
  const { form, faults, show, clear } = useFaults();
  const [draft, setDraft] = useState(empty);
  const change = useChangePassword();
  const fail = (error: unknown) => {
    const { fields } = byField(error, Object.keys(empty));
    const whole = explain(error, t, { 403: "currentWrong", 409: "tryAgain" });
    const first = Object.keys(fields)[0];
    show(first ? { fields: { ...fields, [first]: fields["current"] ? whole : (fields[first] ?? whole) } } : { fields: {}, whole });
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (change.isPending) return;
    const found = Object.entries(checkChange(draft)).map(([field, key]) => [field, t(key)] as const);
    show({ fields: Object.fromEntries(found) });
    if (found.length === 0) change.mutate(draft, { onError: fail, onSuccess: () => setDraft(empty) });
  };
  const field = (name: keyof Change) => ({
    name, type: "password", value: draft[name], error: faults.fields[name],
    onText: (text: string) => {
      setDraft((now) => ({ ...now, [name]: text }));
      clear(name);
    },
  });
  return (
    <form ref={form} className="sheet" onSubmit={submit} noValidate aria-label={t("changePassword")}>
      <h2>{t("changePassword")}</h2>
      <p className="sheet-intro">{t("changePasswordText")}</p>
      {faults.whole && <Notice tone="bad">{faults.whole}</Notice>}
      {change.isSuccess && draft === empty && <Notice tone="good" title={t("passwordChanged")} />}
      <Field {...field("current")} label={t("currentPassword")} autoComplete="current-password" />
      <Field {...field("new")} label={t("newPassword")} hint={t("passwordHint")} autoComplete="new-password" />
      <Button type="submit" busy={change.isPending && t("saving")}>{t("changePassword")}</Button>
    </form>
  );
}
