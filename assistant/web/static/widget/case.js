// The verdict on the asker's own case as a card whose facts are changed in place: a part that comes with the first case.

import { h } from "./dom.js";
import { fill } from "./texts.js";

/** The card; ``sentence`` makes the nodes of a claim, ``act.ask`` asks what a changed fact says. */
function caseNode(answer, texts, act, sentence) {
  const it = answer.case;
  const address = act.advisor(it);
  const reasons = it.decided ? answer.claims : [];
  return h(
    "section",
    { class: "case" },
    h("h3", { text: it.decided ? fill(texts.rung, it) : texts.soFar }),
    it.before && h("p", {}, h("del", { text: it.before }), ` → ${it.title}`),
    it.decided && h("p", { class: "hello", lang: "en", text: `${it.verdict ? `${it.verdict[0].toUpperCase()}${it.verdict.slice(1)}. ` : ""}${it.headline}` }),
    ...reasons.map((claim) => {
      const decides = claim.markers.includes(it.deciding);
      return h("p", { class: decides ? "decides" : "also", lang: "en" }, decides && h("b", { class: "label", text: texts.decides }), ...sentence(claim));
    }),
    ...factNodes(it.facts, texts.understood, texts, act),
    ...factNodes(it.missing, texts.missing, texts, act),
    address && h("p", {}, h("a", { href: address, target: "_blank", rel: "noopener", text: texts.advisor })),
  );
}

function factNodes(facts, label, texts, act) {
  if (!facts.length) return [];
  return [h("h3", { text: label }), h("div", { class: "options", lang: "en" }, ...facts.map((fact) => factNode(fact, texts, act)))];
}

function factNode(fact, texts, act) {
  const button = h(
    "button",
    { type: "button", class: "option", title: fact.phrase || fact.ask, onclick: () => button.replaceWith(editor(fact, button, texts, act)) },
    `${fact.name}: `, fact.before && h("del", { text: fact.before }), fact.before && " → ", h("b", { text: fact.values.length || fact.before ? fact.told : "?" }),
  );
  return button;
}

function editor(fact, button, texts, act) {
  const choices = fact.many ? [] : fact.choices;
  const box = choices.length
    ? h("select", {}, ...["", ...choices].map((choice) => h("option", { value: choice, selected: fact.values.includes(choice), text: choice || "…" })))
    : h("input", { value: fact.values.filter((value) => value !== "more").join(", "), placeholder: fact.choices.join(", ") });
  box.setAttribute("aria-label", fact.ask || fact.name);
  const tell = (value) => value && act.ask(`${fact.name[0].toUpperCase()}${fact.name.slice(1)}: ${value}`);
  const form = h("form", { class: "change" }, h("span", { text: `${fact.name}:` }), box,
    h("button", { class: "solid", text: "OK" }),
    fact.values.length ? h("button", { type: "button", class: "quiet-button", text: texts.unknown, onclick: () => tell("unknown") }) : null);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tell(box.value.trim());
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    form.replaceWith(button);
    button.focus();
  });
  queueMicrotask(() => box.focus());
  return form;
}

SHARED.caseNode = caseNode;
