import { useSpeech } from "../i18n/provider";
import { isLanguage, languages } from "../i18n/translate";

export function Footer() {
  const { t, language, speak } = useSpeech();
  return (
    <footer className="footer">
      <div className="footer-row">
        <p>{t("footer")}</p>
        <div className="footer-tools">
          <a href="/api/docs">{t("apiReference")}</a>
          <label>
            <span className="unseen">{t("language")}</span>
            <select value={language} onChange={(e) => isLanguage(e.target.value) && speak(e.target.value)}>
              {Object.entries(languages).map(([code, name]) => <option key={code} value={code} lang={code}>{name}</option>)}
            </select>
          </label>
        </div>
      </div>
    </footer>
  );
}
