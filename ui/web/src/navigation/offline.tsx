import { useSyncExternalStore } from "react";
import { useSpeech } from "../i18n/provider";
import { Notice } from "../parts/notice";

/** Says that this device has no connection, for as long as it has none: what is shown may be old. */
export default function Offline() {
  const { t } = useSpeech();
  const online = useSyncExternalStore(watch, () => navigator.onLine);
  return online ? null : <div className="offline"><Notice tone="bad">{t("offline")}</Notice></div>;
}

function watch(changed: () => void): () => void {
  globalThis.addEventListener("online", changed);
  globalThis.addEventListener("offline", changed);
  return () => {
    globalThis.removeEventListener("online", changed);
    globalThis.removeEventListener("offline", changed);
  };
}
