import type { ReactNode } from "react";
import { Icon, type Shape } from "./icon";

/** Nothing is here, and what to do about it. */
export function Empty({ shape, title, text, children }: { shape: Shape; title: string; text: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <span className="empty-mark"><Icon shape={shape} /></span>
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </div>
  );
}
