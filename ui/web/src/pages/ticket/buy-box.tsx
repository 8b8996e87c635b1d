import { useState } from "react";
import { Link, useLocation } from "wouter";
import type { Ticket } from "../../api/client";
import { newKey } from "../../api/idempotency";
import { useCreateOrder, useOrders } from "../../api/orders";
import { isStatus, Refusal } from "../../api/refusal";
import { useSession } from "../../api/session";
import { useCountdown } from "../../clock/use-countdown";
import { explain } from "../../i18n/explain";
import { useSpeech } from "../../i18n/provider";
import { itemsOf } from "../../navigation/pages";
import { signInFor } from "../../navigation/return-path";
import { Button } from "../../parts/button";
import { drawings } from "../../parts/drawings";
import { Drawing } from "../../parts/icon";
import { Notice } from "../../parts/notice";
import { Price } from "../../parts/price";

/** The price, and what the person can do: buy it, edit it where it is theirs, or learn why neither. */
export function BuyBox({ ticket }: { ticket: Ticket }) {
  const session = useSession();
  const own = session?.id === ticket.seller_id;
  return (
    <aside className="buy-box">
      <Price price={ticket.price} face={ticket.face_value} large />
      {own ? <Own ticket={ticket} /> : <Buy ticket={ticket} stranger={session === null} />}
    </aside>
  );
}

/** When what is no event begins. */
const never = "9999-12-31T00:00:00Z";

/** Whether the event has begun: also while somebody looks, as no answer comes then that would show it. */
function useBegun({ event }: Ticket): boolean {
  return useCountdown(event?.starts_at ?? never).over;
}

function Own({ ticket }: { ticket: Ticket }) {
  const { t } = useSpeech();
  const begun = useBegun(ticket) && ticket.status === "available";
  return (
    <>
      <Notice tone="calm" title={t("ownTicket")}>{t(begun ? "ticketStarted" : `status_${ticket.status}`)}</Notice>
      {ticket.status === "available" && <Link href={`/tickets/${ticket.id}/edit`} className="button wide">{t("editTicket")}</Link>}
    </>
  );
}

function Buy({ ticket, stranger }: { ticket: Ticket; stranger: boolean }) {
  const { t } = useSpeech();
  const [path, navigate] = useLocation();
  const order = useCreateOrder(ticket.id);
  // One key for this wish to buy: pressing again after a lost answer is the same reservation.
  const [key, setKey] = useState(newKey);
  const buy = () => {
    if (stranger) return navigate(signInFor(path));
    return order.mutate(key, {
      onSuccess: (made) => navigate(`/orders/${made.id}`),
      onError: (error) => {
        if (error instanceof Refusal && !error.passing) setKey(newKey());
        if (isStatus(error, 401)) navigate(signInFor(path));
      },
    });
  };
  const begun = useBegun(ticket);
  const free = ticket.status === "available" && !begun;
  return (
    <>
      {order.isError && free && <Notice tone="bad">{explain(order.error, t, { 409: "reservedByOther", 401: "sessionOver" })}</Notice>}
      {free || order.isPending ? (
        <>
          <Button wide busy={(order.isPending || order.isSuccess) && t("buying")} onClick={buy}>{t("buy")}</Button>
          <p className="promise"><Drawing path={drawings.shield} /> <span>{t("buyText")}</span></p>
        </>
      ) : (
        <Taken ticket={ticket} signedIn={!stranger} />
      )}
    </>
  );
}

/** Who has the ticket: perhaps the person themselves, who wants to go on paying. */
function Taken({ ticket, signedIn }: { ticket: Ticket; signedIn: boolean }) {
  const { t } = useSpeech();
  const orders = useOrders({ enabled: signedIn && (ticket.status === "held" || ticket.status === "sold") });
  const own = itemsOf(orders.data).find((order) => order.ticket.id === ticket.id && order.status !== "cancelled");
  if (!own) return <Unavailable ticket={ticket} />;
  return (
    <>
      <Notice tone="good" title={t(own.status === "complete" ? "youBought" : "youAreBuying")} />
      <Link href={`/orders/${own.id}`} className="button wide">{t("goToOrder")}</Link>
    </>
  );
}

function Unavailable({ ticket }: { ticket: Ticket }) {
  const { t } = useSpeech();
  switch (ticket.status) {
    case "held":
      return <Notice tone="calm" title={t("ticketHeld")}>{t("ticketHeldText")}</Notice>;
    case "sold":
      return <Notice tone="calm" title={t("ticketSold")}>{t("ticketSoldText")}</Notice>;
    case "withdrawn":
      return <Notice tone="calm" title={t("ticketWithdrawn")} />;
    case "available":
      return <Notice tone="calm" title={t("ticketStarted")} />;
  }
}
