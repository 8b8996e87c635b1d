import "../../i18n/en-pages";
import type { Key } from "../../i18n/en";
import { useSpeech } from "../../i18n/provider";
import { Notice } from "../../parts/notice";

/** What was done on the page before. */
export default function Word({ of }: { of: Key }) {
  const { t } = useSpeech();
  return <div className="home-word"><Notice tone="good" title={t(of)} /></div>;
}
