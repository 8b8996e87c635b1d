import { Link, useLocation, useRoute } from "wouter";
import { useSession } from "../api/session";
import { useSpeech } from "../i18n/provider";
import type { Key } from "../i18n/en";
import { signInFor } from "../navigation/return-path";
import { Icon, type Shape } from "./icon";

const places: { path: string; label: Key; shape: Shape }[] = [
  { path: "/", label: "home", shape: "ticket" },
  { path: "/sell", label: "sell", shape: "tag" },
  { path: "/orders", label: "orders", shape: "bag" },
  { path: "/mine", label: "mine", shape: "stack" },
];

/** The name of the house and the way around it: on top, and at the thumb on a phone. */
export function Header() {
  const { t } = useSpeech();
  return (
    <header className="header">
      <a className="skip" href="#content">{t("skip")}</a>
      <div className="header-row">
        <Link href="/" className="wordmark" aria-label="Usher">
          <img src="/favicon.svg" alt="" width="30" height="30" /> <span aria-hidden="true">usher</span>
        </Link>
        <nav className="places" aria-label={t("mainMenu")}>
          {places.map((place) => <Place key={place.path} {...place} />)}
        </nav>
        <Account />
      </div>
    </header>
  );
}

function Place({ path, label, shape }: (typeof places)[number]) {
  const { t } = useSpeech();
  const [here] = useRoute(path);
  return (
    <Link href={path} className="place" {...(here && { "aria-current": "page" as const })}>
      <Icon shape={shape} />
      <span>{t(label)}</span>
    </Link>
  );
}

function Account() {
  const { t } = useSpeech();
  const session = useSession();
  const [path] = useLocation();
  const [here] = useRoute("/account");
  if (session === undefined) return <div className="account" />;
  if (session === null) {
    return (
      <div className="account">
        <Link href={signInFor(path)} className="button quiet small">{t("signIn")}</Link>
        <Link href={signInFor(path, "/sign-up")} className="button small wide-only">{t("signUp")}</Link>
      </div>
    );
  }
  return (
    <div className="account">
      {session.role === "operator" && <Link href="/operator" className="button quiet small">{t("operator")}</Link>}
      <Link href="/account" className="button quiet small" {...(here && { "aria-current": "page" as const })}>
        <Icon shape="person" /> <span>{t("account")}</span>
      </Link>
    </div>
  );
}
