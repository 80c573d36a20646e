// The first sight: the frame with a box that takes typing at once. What was typed goes over into the page's own box.
import { askNow } from "./composer.js";
import { write } from "./page.js";

const SETTLED = 200; // milliseconds without a change of the page, after which it is shown
const LOOK = 50; // milliseconds between looks for the conversation to begin
const first = document.getElementById("first");
const early = first?.querySelector("textarea");
const fine = first?.querySelector(".fine");
const told = fine?.textContent;
let asked = ""; // the question that waits for the page
let quiet = 0;
let showing = false;

const ask = (question) => {
  asked = question.trim();
  if (!asked) return;
  fine.textContent = `“${asked}” is asked as soon as the page is ready. Escape takes it back.`;
};

early?.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && asked && !showing) {
    early.value = [asked, early.value].filter(Boolean).join("\n\n");
    asked = "";
    fine.textContent = told;
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    if (asked) return;
    ask(early.value);
    if (asked) early.value = "";
  }
});
if (early) {
  early.onkeydown = null; // which took Enter until now
  ask(early.dataset.asked ?? "");
}
first?.addEventListener("click", (event) => {
  const example = event.target.closest("button");
  if (example && !asked) ask(example.textContent);
});

const giveWay = () => {
  const focused = [early, document.body].includes(document.activeElement);
  const { value, selectionStart, selectionEnd } = early;
  const box = document.querySelector("#question textarea");
  first.remove();
  if (value) write("question", value);
  if (!focused) return;
  box.focus({ preventScroll: true });
  if (value) box.setSelectionRange(selectionStart, selectionEnd);
};

/** What waits is asked before the page is shown, so that nothing is seen to move. */
const show = () => {
  showing = true;
  if (!asked) return giveWay();
  write("question", asked);
  setTimeout(askNow, 2 * LOOK);
  const rows = () => document.querySelectorAll("#chat .user-row").length;
  const before = rows();
  let looks = 100;
  const begun = setInterval(() => {
    if (rows() === before && looks-- > 0) return;
    clearInterval(begun);
    giveWay();
  }, LOOK);
};

/** Called whenever the page changes: once Gradio has drawn it and nothing moves any more, the first sight gives way. */
export const settle = () => {
  if (showing || !first || !document.querySelector("#question textarea") || !document.querySelector("#heading h1")) return;
  clearTimeout(quiet);
  quiet = setTimeout(show, SETTLED);
};
