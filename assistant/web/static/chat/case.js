// What was understood of the asker's case, as buttons: a changed fact is asked as a follow-up, "Changes: yearly".
import { askThis } from "./asking.js";
import { el } from "./dom.js";
import { recordOf } from "./records.js";

const UNKNOWN = "unknown";
const seen = new WeakSet();

const told = (fact) => `${fact.name[0].toUpperCase()}${fact.name.slice(1)}`;

/** Several choices: a box for each; none of them ticked is an answer too. */
const boxes = (fact) => {
  const none = fact.field === "tried" ? "nothing" : "none";
  const made = fact.choices.filter((choice) => choice !== none).map((choice) =>
    el("label", {}, el("input", { type: "checkbox", value: choice, checked: fact.values.includes(choice) }), choice));
  const group = el("div", { class: "choices-of" }, ...made);
  return { nodes: [group], value: () => [...group.querySelectorAll(":checked")].map((box) => box.value).join(", ") || none };
};

/** One choice of a few: each a button that answers at once. */
const one = (fact, answer) => {
  const made = fact.choices.map((choice) =>
    el("button", { type: "button", "aria-pressed": String(fact.values.includes(choice)), onclick: () => answer(choice) }, choice));
  return { nodes: [el("div", { class: "choices-of" }, ...made)], value: null };
};

const typed = (fact) => {
  const box = el("input", { type: "text", "aria-label": fact.ask || told(fact), value: fact.values[0] ?? "", autocomplete: "off", maxlength: "60" });
  return { nodes: [box], value: () => box.value.trim() };
};

const editor = (fact, done) => {
  const answer = (value) => (value && value !== fact.values.join(", ") ? askThis(`${told(fact)}: ${value}`) && done() : done());
  const { nodes, value } = fact.many ? boxes(fact) : fact.choices.length ? one(fact, answer) : typed(fact);
  const form = el("form", { class: "change", "aria-label": `Change ${fact.name}` },
    el("p", {}, fact.ask || told(fact)), ...nodes,
    el("div", { class: "ends" },
      value ? el("button", { type: "submit", class: "main" }, "Judge again") : "",
      fact.values.length ? el("button", { type: "button", onclick: () => answer(UNKNOWN) }, "I don’t know") : "",
      el("button", { type: "button", onclick: () => done() }, "Cancel")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (value) answer(value());
  });
  form.addEventListener("keydown", (event) => event.key === "Escape" && done());
  return form;
};

const open = (button, fact) => {
  const card = button.closest(".case");
  const was = card.querySelector(".change");
  const same = button.getAttribute("aria-expanded") === "true";
  for (const each of card.querySelectorAll(".fact button")) each.setAttribute("aria-expanded", "false");
  was?.remove();
  if (same) return;
  button.setAttribute("aria-expanded", "true");
  const form = editor(fact, () => {
    form.remove();
    button.setAttribute("aria-expanded", "false");
    button.focus();
  });
  button.closest(".facts").append(form);
  form.scrollIntoView({ block: "nearest" });
  form.querySelector("input, button")?.focus({ preventScroll: true });
};

const dressCard = (card) => {
  const { facts, missing } = recordOf(card.closest(".reply")).answer.case;
  [...card.querySelectorAll(".fact")].forEach((item, i) => {
    const fact = [...facts, ...missing][i];
    const button = el("button", { type: "button", "aria-expanded": "false", title: fact.phrase ? `Read from “${fact.phrase}”` : fact.ask }, ...item.childNodes);
    button.addEventListener("click", () => open(button, fact));
    item.append(button);
  });
};

/** Called whenever the page changes: only the newest card can be changed. */
export const dressCases = () => {
  const cards = [...document.querySelectorAll("#chat .reply .case")];
  for (const card of cards) {
    if (!seen.has(card)) {
      seen.add(card);
      dressCard(card);
    }
    const newest = card === cards[cards.length - 1];
    for (const button of card.querySelectorAll(".fact button")) if (button.disabled === newest) button.disabled = !newest;
    if (!newest) card.querySelector(".change")?.remove();
  }
};
