import { type ReactNode, useEffect, useRef } from "react";
import { hasMoved } from "../navigation/announcer";

/** The heading of a page. It names the window, and takes the focus when somebody comes here from another page, so that it is read out. */
export function Title({ children, window: name, unseen }: { children: ReactNode; window?: string; unseen?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const text = name ?? (typeof children === "string" ? children : undefined);
  useEffect(() => {
    document.title = text ? `${text} · Usher` : "Usher";
  }, [text]);
  useEffect(() => {
    if (hasMoved()) heading.current?.focus({ preventScroll: true });
  }, []);
  return <h1 ref={heading} tabIndex={-1} className={unseen ? "unseen" : "title"}>{children}</h1>;
}
