import "../../i18n/en-pages";
import { useLocation } from "wouter";
import { useSession } from "../../api/session";
import { useSignOut } from "../../api/signing";
import { useSpeech } from "../../i18n/provider";
import { Button } from "../../parts/button";
import { Title } from "../../parts/title";
import { ChangePassword } from "./change-password";
import { DeleteAccount } from "./delete-account";

/** Who is signed in, and what they can do about it. */
export default function AccountPage() {
  const { t } = useSpeech();
  const session = useSession();
  const [, navigate] = useLocation();
  const signOut = useSignOut();
  return (
    <div className="page narrow account-page">
      <Title>{t("account")}</Title>
      <section className="sheet">
        <p>{t("signedInAs", { email: session?.email ?? "" })}</p>
        <Button tone="quiet" busy={signOut.isPending && t("signOut")} onClick={() => signOut.mutate(undefined, { onSuccess: () => navigate("/") })}>{t("signOut")}</Button>
      </section>
      <ChangePassword />
      <DeleteAccount />
    </div>
  );
}
