import { useId } from "react";
import type { Attached } from "../../api/delivery";
import type { Key } from "../../i18n/en";
import { useSpeech } from "../../i18n/provider";
import { Field } from "../../parts/field";
import { accepted, fileFault } from "./attachment";

/** What somebody has chosen to attach so far. */
export interface Choice {
  code: string;
  file?: File | undefined;
}

/** What is to be attached, null where nothing is, or what is wrong with it. */
export function attachedOf({ code, file }: Choice): { content: Attached | null } | { fault: Key } {
  const fault = file && fileFault(file);
  if (fault) return { fault };
  return { content: file ?? (code.trim() ? { code: code.trim() } : null) };
}

/** The fields for the ticket itself: the code that is on it, or it as a file. */
export function AttachFields({ choice, onChoice, error }: { choice: Choice; onChoice: (choice: Choice) => void; error?: string | undefined }) {
  const { t } = useSpeech();
  const id = useId();
  return (
    <>
      <p className="hint">{t("attachHint")}</p>
      <div className={error ? "field wrong" : "field"}>
        <label htmlFor={id}>{t("attachFile")}</label>
        <input
          id={id} type="file" accept={accepted} aria-invalid={error ? true : undefined} aria-describedby={error ? `${id}-error` : `${id}-hint`}
          onChange={(e) => onChoice({ ...choice, file: e.target.files?.[0] })}
        />
        {error ? <p className="error" id={`${id}-error`}>{error}</p> : <p className="hint" id={`${id}-hint`}>{t("attachFileHint")}</p>}
      </div>
      {!choice.file && (
        <Field
          name="code" label={t("attachCode")} value={choice.code} maxLength={500} autoComplete="off" spellCheck={false}
          onText={(code) => onChoice({ ...choice, code })}
        />
      )}
    </>
  );
}
