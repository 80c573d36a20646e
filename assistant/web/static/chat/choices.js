// Which corpus and which model answer: shown under the box, and to be chosen where there is a choice.
import { el } from "./dom.js";
import { press, write } from "./page.js";

const KEY = "essay-assistant.choice";
let chosen = {};
try {
  chosen = JSON.parse(localStorage.getItem(KEY) ?? "{}") ?? {};
} catch {
  chosen = {};
}

const select = (name, label, options, onChange) => {
  const menu = el("select", { "aria-label": label }, ...options.map(({ id }) => el("option", { value: id }, id)));
  menu.value = chosen[name];
  menu.addEventListener("change", () => {
    chosen[name] = menu.value;
    onChange();
  });
  return el("label", { class: "choice" }, el("span", {}, label), menu);
};

/** Lays the choosers out once Gradio has drawn what is offered. */
export const offer = () => {
  const record = document.querySelector("#engine .record");
  if (!record || record.dataset.offered || !document.querySelector("#choice textarea")) return;
  record.dataset.offered = "true";
  const offered = JSON.parse(record.textContent);
  if (offered.models.length < 2 && offered.corpora.length < 2) return;
  for (const [name, options] of [["model", offered.models], ["corpus", offered.corpora]]) {
    if (!options.some(({ id }) => id === chosen[name])) chosen[name] = options[0].id;
  }
  const fine = document.querySelector("#engine .fine");
  const tell = () => {
    const from = offered.corpora.find(({ id }) => id === chosen.corpus).from;
    fine.textContent = `Answers come from ${from} · ${offered.models.find(({ id }) => id === chosen.model).how}`;
    write("choice", JSON.stringify({ model: chosen.model, corpus: chosen.corpus }));
    // Another corpus has other questions to begin with.
    if (offered.corpora.length > 1) setTimeout(() => press("choose"), 0);
    try {
      localStorage.setItem(KEY, JSON.stringify(chosen));
    } catch {
      // Then the choice lasts as long as the page.
    }
  };
  const menus = el("div", { class: "choices" });
  if (offered.corpora.length > 1) menus.append(select("corpus", "Documents", offered.corpora, tell));
  if (offered.models.length > 1) menus.append(select("model", "Model", offered.models, tell));
  record.parentElement.append(menus);
  tell();
};
