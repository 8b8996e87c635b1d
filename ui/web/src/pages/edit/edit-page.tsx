import "../../i18n/en-pages";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import type { Ticket } from "../../api/client";
import { isStatus } from "../../api/refusal";
import { useSession } from "../../api/session";
import { useUpdateTicket } from "../../api/selling";
import { useTicket } from "../../api/tickets";
import { useSpeech } from "../../i18n/provider";
import { leaveWord, takeWord } from "../../navigation/said";
import { BrokenPage } from "../../parts/broken-page";
import { Loading } from "../../parts/loading";
import { MissingPage } from "../../parts/missing-page";
import { Notice } from "../../parts/notice";
import { Title } from "../../parts/title";
import { draftOf } from "../sell/draft";
import { TicketForm } from "../sell/ticket-form";
import { AttachmentPanel } from "./attachment-panel";
import { Withdraw } from "./withdraw";

/** Edits or withdraws a ticket that nobody is buying. */
export default function EditPage({ id }: { id: string }) {
  const { t } = useSpeech();
  const session = useSession();
  const [word] = useState(takeWord);
  const ticket = useTicket(id);
  if (isStatus(ticket.error, 404)) {
    return <MissingPage shape="ticket" title={t("ticketGone")} href="/mine" way={t("mineTitle")} />;
  }
  if (ticket.isError && !ticket.data) return <BrokenPage error={ticket.error} onRetry={() => void ticket.refetch()} />;
  if (!ticket.data) return <Loading />;
  const own = ticket.data.seller_id === session?.id;
  return (
    <div className="page narrow">
      <Link href="/mine" className="back">← {t("mineTitle")}</Link>
      <Title>{t("editTitle")}</Title>
      {word && <div className="word"><Notice tone="bad" title={t(word)} /></div>}
      {!own && <Notice tone="calm" title={t("notYours")}><Link href={`/tickets/${id}`}>{t("seeTicket")}</Link></Notice>}
      {own && ticket.data.status !== "available" && <Notice tone="calm" title={t("notEditable")}>{t(`status_${ticket.data.status}`)}</Notice>}
      {own && ticket.data.status === "available" && <Edit ticket={ticket.data} />}
    </div>
  );
}

function Edit({ ticket }: { ticket: Ticket }) {
  const { t, locale } = useSpeech();
  const [, navigate] = useLocation();
  // What is edited is the version that was there at the beginning; the page behind it keeps looking for news.
  const [base, setBase] = useState(ticket);
  const update = useUpdateTicket(base.id, base.version);
  // The server has a newer version than the one that is edited; begin again with it as soon as it is here.
  const [moved, setMoved] = useState<"no" | "asked" | "shown">("no");
  if (moved === "asked" && ticket.version !== base.version) {
    setMoved("shown");
    setBase(ticket);
  }
  return (
    <>
      {moved === "shown" && <Notice tone="bad">{t("changedMeanwhile")}</Notice>}
      <TicketForm
        key={base.version} first={draftOf(base, locale)} labels={{ submit: t("save"), busy: t("saving") }} busy={update.isPending || update.isSuccess}
        meanings={{ 409: "beingBought" }}
        onTerms={(terms, failed) =>
          update.mutate(terms, {
            onSuccess: () => {
              leaveWord("saved");
              navigate("/mine");
            },
            onError: (error) => (isStatus(error, 412) ? setMoved("asked") : failed(error)),
          })
        }
      >
        <Withdraw id={base.id} />
      </TicketForm>
      <AttachmentPanel ticketID={base.id} attached={ticket.attached} />
    </>
  );
}
