import { useCallback, useEffect, useRef, useState } from "react";

/** What is wrong in a form: by field, and with all of it. */
export interface Faults {
  fields: Record<string, string>;
  whole?: string | undefined;
}

const none: Faults = { fields: {} };

/**
 * Keeps what is wrong with a form, and takes the focus to the first field that is; what is wrong with all of it is brought
 * into sight: the button may be a screen below. Put the ref on the form.
 */
export function useFaults() {
  const form = useRef<HTMLFormElement>(null);
  const [faults, setFaults] = useState(none);
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (round === 0) return;
    const field = form.current?.querySelector<HTMLElement>("[aria-invalid=true]");
    if (field) field.focus();
    else form.current?.querySelector("[role=alert]")?.scrollIntoView({ block: "nearest" });
  }, [round]);
  const show = useCallback((found: Faults) => {
    setFaults(found);
    setRound((n) => n + 1);
  }, []);
  // Editing a field mends it; the others stay marked.
  const clear = useCallback((field: string) => {
    setFaults((now) => {
      const { [field]: mended, ...fields } = now.fields;
      return mended === undefined ? now : { ...now, fields };
    });
  }, []);
  return { form, faults, show, clear };
}
