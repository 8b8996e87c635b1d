import { Link, useLocation, useRoute } from "wouter";
import { useSession, useSignOut } from "../api/session";
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
  const [path, navigate] = useLocation();
  const signOut = useSignOut();
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
      <span className="whoami wide-only" title={t("signedInAs", { email: session.email })}>{session.email}</span>
      <button
        type="button" className="button quiet small" disabled={signOut.isPending}
        onClick={() => signOut.mutate(undefined, { onSuccess: () => navigate("/") })}
      >
        {t("signOut")}
      </button>
    </div>
  );
}
