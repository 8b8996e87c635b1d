import type { ReactNode } from "react";
import { drawings } from "./drawings";
import { Drawing } from "./icon";

type Tone = "bad" | "good" | "calm" | "test";

const marks: Record<Tone, string> = { bad: drawings.alert, good: drawings.check, calm: drawings.clock, test: drawings.shield };

/** Something to know about. Bad news interrupts a screen reader, the rest waits for its turn. */
export function Notice({ tone, title, children }: { tone: Tone; title?: string; children?: ReactNode }) {
  return (
    <div className={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <Drawing path={marks[tone]} />
      <div>
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
      </div>
    </div>
  );
}
