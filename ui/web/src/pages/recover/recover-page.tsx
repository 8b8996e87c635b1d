import "../../i18n/en-pages";
import "../sign-in/sign-in.css";
import { useLayoutEffect, useState } from "react";
import { AskForMail } from "./ask-for-mail";
import { takeToken } from "./mail-token";
import { SetPassword } from "./set-password";

/** For who forgot the password: asks for a mail, and where its link led here, for the new password. */
export default function RecoverPage() {
  const [token, setToken] = useState("");
  const [over, setOver] = useState(false);
  useLayoutEffect(() => { // before anything is shown
    // A link that is opened where this page is shown already changes nothing but what stands behind #.
    const take = () => {
      const found = takeToken();
      if (found) setToken(found);
    };
    take();
    globalThis.addEventListener("hashchange", take);
    return () => globalThis.removeEventListener("hashchange", take);
  }, []);
  const refused = () => {
    setToken("");
    setOver(true);
  };
  return <div className="sign">{token ? <SetPassword key={token} token={token} onOver={refused} /> : <AskForMail over={over} />}</div>;
}
