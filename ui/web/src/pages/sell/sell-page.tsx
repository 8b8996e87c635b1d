import "../../i18n/en-pages";
import { useCallback, useState } from "react";
import { useLocation } from "wouter";
import type { TicketTerms } from "../../api/client";
import { useAttach } from "../../api/delivery";
import { useCreateTicket } from "../../api/selling";
import { useSession } from "../../api/session";
import { useSpeech } from "../../i18n/provider";
import { leaveWord } from "../../navigation/said";
import { Title } from "../../parts/title";
import { AttachFields, attachedOf, type Choice } from "./attach";
import { type Draft, emptyDraft } from "./draft";
import { forget, keep, keptOf } from "./kept";
import { TicketForm } from "./ticket-form";

export default function SellPage() {
  const { t } = useSpeech();
  const [, navigate] = useLocation();
  const create = useCreateTicket();
  const attach = useAttach();
  const owner = useSession()?.id ?? "";
  const [before] = useState(() => keptOf(owner));
  const [first] = useState(() => before.draft ?? emptyDraft());
  const [choice, setChoice] = useState<Choice>({ code: before.code ?? "" });
  const keepDraft = useCallback((draft: Draft) => keep(owner, { draft }), [owner]);
  const read = attachedOf(choice);
  const choose = (next: Choice) => {
    setChoice(next);
    keep(owner, { code: next.code });
  };
  const go = (word: "listed" | "listedNotAttached", to: string) => {
    leaveWord(word);
    navigate(to);
  };
  const list = async (terms: TicketTerms) => {
    if ("fault" in read) return;
    const ticket = await create.mutateAsync(terms);
    forget();
    if (!read.content) return go("listed", "/mine");
    // It is on sale already: what could not be attached is tried again on the page that edits it.
    attach.mutate({ ticketID: ticket.id, content: read.content }, {
      onSuccess: () => go("listed", "/mine"), onError: () => go("listedNotAttached", `/tickets/${ticket.id}/edit`),
    });
  };
  return (
    <div className="page narrow">
      <Title>{t("sellTitle")}</Title>
      <p className="intro">{t("sellIntro")}</p>
      <TicketForm
        first={first} labels={{ submit: t("listIt"), busy: t("listing") }} busy={create.isPending || create.isSuccess}
        onDraft={keepDraft} onTerms={(terms, failed) => void list(terms).catch(failed)}
        more={
          <fieldset>
            <legend>{t("attachTitle")} <span className="optional">({t("optional")})</span></legend>
            <AttachFields choice={choice} onChoice={choose} error={"fault" in read ? t(read.fault) : undefined} />
          </fieldset>
        }
      />
    </div>
  );
}
