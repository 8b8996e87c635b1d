import "../../i18n/en-pages";
import { useState } from "react";
import { useLocation } from "wouter";
import { useCreateTicket } from "../../api/selling";
import { useSpeech } from "../../i18n/provider";
import { leaveWord } from "../../navigation/said";
import { Title } from "../../parts/title";
import { emptyDraft } from "./draft";
import { TicketForm } from "./ticket-form";

export default function SellPage() {
  const { t } = useSpeech();
  const [, navigate] = useLocation();
  const create = useCreateTicket();
  const [first] = useState(emptyDraft);
  const done = () => {
    leaveWord("listed");
    navigate("/mine");
  };
  return (
    <div className="page narrow">
      <Title>{t("sellTitle")}</Title>
      <p className="intro">{t("sellIntro")}</p>
      <TicketForm
        first={first} labels={{ submit: t("listIt"), busy: t("listing") }} busy={create.isPending || create.isSuccess}
        onTerms={(terms, onError) => create.mutate(terms, { onError, onSuccess: done })}
      />
    </div>
  );
}
