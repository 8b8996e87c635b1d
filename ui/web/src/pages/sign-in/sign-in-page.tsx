import "../../i18n/en-pages";
import { SignForm } from "./sign-form";

export default function SignInPage() {
  return <SignForm account="existing" />;
}
