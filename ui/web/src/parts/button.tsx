import type { ReactNode } from "react";

interface Props {
  children: ReactNode;
  /** Said instead while it works; nobody can press it then. */
  busy?: string | false;
  tone?: "quiet" | "danger";
  type?: "submit" | "button";
  wide?: boolean;
  disabled?: boolean;
  onClick?: () => void;
}

/** A button that does its work once, however often it is pressed. */
export function Button({ children, busy = false, tone, type = "button", wide, disabled, onClick }: Props) {
  const looks = ["button", tone, wide && "wide"].filter(Boolean).join(" ");
  // aria-disabled instead of disabled: the focus stays where it is.
  const resting = busy !== false || disabled === true;
  return (
    <button
      type={type} className={looks} aria-disabled={resting}
      onClick={(e) => {
        if (resting) e.preventDefault();
        else onClick?.();
      }}
    >
      {busy !== false && <span className="spinner" aria-hidden="true" />}
      <span>{busy === false ? children : busy}</span>
    </button>
  );
}
