import { useState } from "react";
import { useAttach, useAttachment, useDetach } from "../../api/delivery";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { Button } from "../../parts/button";
import { Notice } from "../../parts/notice";
import { AttachFields, attachedOf, type Choice } from "../sell/attach";
import { sizeText } from "../sell/attachment";

const nothing: Choice = { code: "" };

/** What the buyer gets once it is paid: shown, replaced, taken away. It is saved apart from the ticket's terms. */
export function AttachmentPanel({ ticketID, attached }: { ticketID: string; attached: boolean }) {
  const { t, locale } = useSpeech();
  const current = useAttachment(ticketID, attached);
  const attach = useAttach();
  const detach = useDetach(ticketID);
  const [choice, setChoice] = useState(nothing);
  const read = attachedOf(choice);
  const fault = "fault" in read ? t(read.fault) : undefined;
  const content = "content" in read ? read.content : null;
  const save = () => content && attach.mutate({ ticketID, content }, { onSuccess: () => setChoice(nothing) });
  const shown = current.data;
  const failed = attach.error ?? detach.error;
  return (
    <section className="sheet attachment" aria-label={t("attachTitle")}>
      <h2>{t("attachTitle")}</h2>
      {failed && <Notice tone="bad">{explain(failed, t, { 409: "beingBought", 413: "fileTooLarge" })}</Notice>}
      {shown && (
        <div className="attached">
          <Notice tone="good" title={t("attachedNow")}>
            {shown.kind === "code" ? <span className="number">{shown.code}</span> : sizeText(shown.size ?? 0, locale)}
          </Notice>
          <div className="choices">
            {shown.kind === "file" && <a className="button quiet small" href={`/api/tickets/${ticketID}/attachment/file`} download>{t("download")}</a>}
            <Button tone="quiet" busy={detach.isPending && t("removing")} onClick={() => detach.mutate()}>{t("removeAttachment")}</Button>
          </div>
        </div>
      )}
      <AttachFields key={shown ? "new" : "first"} choice={choice} onChoice={setChoice} error={fault} />
      <Button tone="quiet" disabled={!content} busy={attach.isPending && t("saving")} onClick={save}>{t(shown ? "replaceAttachment" : "saveAttachment")}</Button>
    </section>
  );
}
