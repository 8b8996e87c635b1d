import "../../i18n/en-pages";
import { SignForm } from "../sign-in/sign-form";

export default function SignUpPage() {
  return <SignForm account="new" />;
}
