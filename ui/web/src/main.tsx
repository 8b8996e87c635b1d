import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { newCache } from "./api/cache";
import { App } from "./app";
import { watchAttention } from "./clock/attention";
import { load, remembered, Speaking } from "./i18n/provider";
import { chooseLanguage } from "./i18n/translate";

const cache = newCache();
watchAttention(() => void cache.invalidateQueries());

const { language } = chooseLanguage(remembered(), navigator.languages);
const messages = await load(language);
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={cache}>
        <Speaking first={{ language, messages }}>
          <App />
        </Speaking>
      </QueryClientProvider>
    </StrictMode>,
  );
}
