import { useEffect } from "react";
import { isAnnounced } from "../../clock/countdown";
import { useCountdown } from "../../clock/use-countdown";
import { useSpeech } from "../../i18n/provider";
import { drawings } from "../../parts/drawings";
import { Drawing } from "../../parts/icon";
import { formatTime } from "../../when/format";

/** How long the ticket is still held, by the server's clock. That the time is over says the server: until it does, we ask. */
export function TimeLeft({ until, onOver }: { until: string; onOver: () => void }) {
  const { t, locale } = useSpeech();
  const left = useCountdown(until);
  useEffect(() => {
    if (left.over) onOver();
  }, [left.over, onOver]);
  const spoken = t("timeLeftSpoken", { minutes: Math.floor(left.seconds / 60), seconds: left.seconds % 60 });
  return (
    <div className={left.urgent ? "time-left urgent" : "time-left"}>
      <Drawing path={drawings.clock} />
      <div>
        <span className="time-left-label">{left.over ? t("timeOver") : t("timeLeft")}</span>
        <span className="time-left-until">{t("heldUntil", { time: formatTime(until, locale) })}</span>
      </div>
      <span className="time-left-clock" role="timer" aria-label={spoken}>{left.text}</span>
      <span className="unseen" aria-live="polite">{isAnnounced(left.seconds) ? spoken : ""}</span>
    </div>
  );
}
