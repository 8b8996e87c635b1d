import { type InputHTMLAttributes, type ReactNode, useId } from "react";
import { useSpeech } from "../i18n/provider";

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, "onChange"> {
  name: string;
  label: string;
  hint?: string;
  error?: string | undefined;
  optional?: boolean;
  onText: (text: string) => void;
  after?: ReactNode;
}

/** An input with its label, a hint, and what is wrong with it: a screen reader says all three together. */
export function Field({ name, label, hint, error, optional, onText, after, ...input }: Props) {
  const { t } = useSpeech();
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={error ? "field wrong" : "field"}>
      <label htmlFor={id}>
        {label} {optional && <span className="optional">({t("optional")})</span>}
      </label>
      <div className="field-row">
        <input
          {...input} id={id} name={name} aria-invalid={error ? true : undefined} aria-describedby={described || undefined}
          onChange={(e) => onText(e.target.value)}
        />
        {after}
      </div>
      {hint && <p className="hint" id={`${id}-hint`}>{hint}</p>}
      {error && <p className="error" id={`${id}-error`}>{error}</p>}
    </div>
  );
}
