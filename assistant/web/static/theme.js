"use strict";
// The theme chosen in this browser, set before anything is drawn; without a choice it is the system's.
(() => {
  const KEY = "essay-assistant.theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const ofSystem = () => (system.matches ? "dark" : "light");
  const chosen = () => {
    try {
      return localStorage.getItem(KEY) ?? ofSystem();
    } catch {
      return ofSystem(); // a frame that may keep nothing
    }
  };
  const choose = (theme) => {
    try {
      theme === ofSystem() ? localStorage.removeItem(KEY) : localStorage.setItem(KEY, theme);
    } catch {
      // Then it lasts as long as the page.
    }
    apply(theme);
  };
  const apply = (theme = chosen()) => {
    document.documentElement.dataset.theme = theme;
    for (const button of document.querySelectorAll(".tool.theme")) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(theme === "dark"));
    }
    inGradio();
  };
  // Gradio follows the system alone, by a class of the body.
  const inGradio = () => {
    const dark = document.documentElement.dataset.theme === "dark";
    const body = document.querySelector("gradio-app") && document.body;
    if (body && body.classList.contains("dark") !== dark) body.classList.toggle("dark", dark);
  };
  apply();
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    new MutationObserver(inGradio).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.(".tool.theme")) choose(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  });
  window.addEventListener("storage", (event) => event.key === KEY && apply());
  system.addEventListener("change", () => apply());
})();
