import { useEffect, useRef } from "react";
import { Button } from "./button";

interface Props {
  title: string;
  text: string;
  yes: string;
  no: string;
  busy: boolean;
  onYes: () => void;
  onNo: () => void;
}

/** Asks before something is done that cannot be undone. */
export function Confirm({ title, text, yes, no, busy, onYes, onNo }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="confirm-title" aria-describedby="confirm-text" onCancel={onNo}>
      <h2 id="confirm-title">{title}</h2>
      <p id="confirm-text">{text}</p>
      <div className="dialog-choices">
        <Button tone="quiet" onClick={onNo}>{no}</Button>
        <Button tone="danger" busy={busy && yes} onClick={onYes}>{yes}</Button>
      </div>
    </dialog>
  );
}
