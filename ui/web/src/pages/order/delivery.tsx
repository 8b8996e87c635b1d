import { useAttachment, usePass } from "../../api/delivery";
import { useTicket } from "../../api/tickets";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { Notice } from "../../parts/notice";
import { formatMoment } from "../../when/format";
import { sizeText } from "../sell/attachment";

/** The ticket itself, once it is paid: what admits its buyer, and what the seller attached. */
export function Delivery({ ticketID }: { ticketID: string }) {
  const { t } = useSpeech();
  const ticket = useTicket(ticketID);
  return (
    <section className="delivery" aria-label={t("yourTicket")}>
      <h2>{t("yourTicket")}</h2>
      <Pass ticketID={ticketID} />
      {ticket.data?.attached && <Attached ticketID={ticketID} />}
    </section>
  );
}

function Pass({ ticketID }: { ticketID: string }) {
  const { t, locale } = useSpeech();
  const pass = usePass(ticketID);
  if (pass.isError && !pass.data) return <Notice tone="bad">{explain(pass.error, t)}</Notice>;
  return (
    <div className="pass">
      <div className="qr">{pass.data && <img src={`/api/tickets/${ticketID}/pass/qr.svg`} alt={t("passPicture")} width="220" height="220" />}</div>
      <div>
        <p>{t("passText")}</p>
        {pass.data?.used_at && <p>{t("passUsed", { time: formatMoment(pass.data.used_at, locale) })}</p>}
        <p className="number">{pass.data?.code}</p>
      </div>
    </div>
  );
}

function Attached({ ticketID }: { ticketID: string }) {
  const { t, locale } = useSpeech();
  const attachment = useAttachment(ticketID, true);
  if (attachment.isError && !attachment.data) return <Notice tone="bad">{explain(attachment.error, t)}</Notice>;
  if (!attachment.data) return null;
  const { kind, code, size } = attachment.data;
  const at = `/api/tickets/${ticketID}/attachment`;
  if (kind === "file") {
    return <a className="button wide" href={`${at}/file`} download>{t("downloadTicket", { size: sizeText(size ?? 0, locale) })}</a>;
  }
  return (
    <div className="pass">
      <div className="qr"><img src={`${at}/qr.svg`} alt={t("codePicture")} width="220" height="220" /></div>
      <div>
        <p>{t("codeText")}</p>
        <p className="number">{code}</p>
      </div>
    </div>
  );
}
