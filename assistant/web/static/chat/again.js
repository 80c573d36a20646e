// A question can be edited and asked again where it stands; what came after it stays in the history.
import { askThis, busy } from "./asking.js";
import { el, say } from "./dom.js";
import { recordOf } from "./records.js";
import { branch } from "./storage.js";

const PENCIL = "M3 13l.7-3L10.500 3.200a1.600 1.600 0 0 1 2.300 2.300L6 12.300zM9.500 4.200l2.300 2.300";
const offered = new WeakSet();

const rows = () => [...document.querySelectorAll("#chat .user-row")];
const replies = () => [...document.querySelectorAll("#chat .bot-row")];

/** A question as it was asked, line by line. */
export const textOf = (asked) => asked?.innerText ?? "";

const askFrom = (number, question) => {
  const left = replies().slice(number).map((row) => recordOf(row.querySelector(".reply"))).filter(Boolean);
  const done = !busy() && question.trim() !== "";
  if (done) branch(left);
  return askThis(question, number) && done;
};

/** Asks the question of a reply once more. */
export const askAgain = (part) => {
  const number = replies().indexOf(part.closest(".bot-row"));
  return askFrom(number, textOf(rows()[number]?.querySelector(".asked")));
};

const edit = (row, asked, pencil) => {
  const box = el("textarea", { "aria-label": "Edit your question", rows: "1", dir: "auto" });
  box.value = textOf(asked);
  const close = () => {
    form.remove();
    asked.hidden = pencil.hidden = false;
    pencil.focus();
  };
  const form = el("form", { class: "edit" }, box, el("div", { class: "ends" },
    el("button", { type: "submit", class: "main" }, "Ask"), el("button", { type: "button", onclick: close }, "Cancel")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (askFrom(rows().indexOf(row), box.value)) close();
    else box.focus();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  asked.hidden = pencil.hidden = true;
  asked.after(form);
  const grow = () => {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + 2}px`;
  };
  box.addEventListener("input", grow);
  grow();
  box.focus();
  say("Enter asks the edited question, Escape leaves it as it was.");
};

const pencilFor = (row, asked) => {
  const button = el("button", { type: "button", class: "pencil", title: "Edit", "aria-label": "Edit this question" });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  path.setAttribute("d", PENCIL);
  svg.append(path);
  button.append(svg);
  button.addEventListener("click", () => edit(row, asked, button));
  return button;
};

/** Called whenever the page changes. */
export const offerAgain = () => {
  for (const row of rows()) {
    const asked = row.querySelector(".asked");
    if (!asked || offered.has(asked)) continue;
    offered.add(asked);
    asked.parentElement.querySelector(".pencil")?.remove();
    asked.after(pencilFor(row, asked));
  }
  for (const problem of document.querySelectorAll("#chat .bot-row .problem")) {
    if (offered.has(problem)) continue;
    offered.add(problem);
    if (rows().length) problem.append(el("button", { type: "button", class: "retry", onclick: () => askAgain(problem) }, "Try again"));
  }
};
