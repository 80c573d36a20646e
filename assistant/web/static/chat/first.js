// The first sight: the frame with a box that takes typing at once. What was typed goes over into the page's own box.
import { askNow } from "./composer.js";
import { write } from "./page.js";

const SETTLED = 200; // milliseconds without a change of the page's size, after which it is shown
const first = document.getElementById("first");
const early = first?.querySelector("textarea");
let asked = false;
let quiet = 0;

const ask = (question) => {
  early.value = question;
  asked = question.trim() !== "";
  early.readOnly = asked;
  if (asked) first.querySelector(".fine").textContent = "It is asked as soon as the page is ready.";
};

early?.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && asked) {
    asked = early.readOnly = false;
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    ask(early.value);
  }
});
first?.addEventListener("click", (event) => {
  const example = event.target.closest("button");
  if (example) ask(example.textContent);
});

const show = () => {
  const focused = document.activeElement === early || document.activeElement === document.body;
  const { value, selectionStart, selectionEnd } = early;
  first.remove();
  const box = document.querySelector("#question textarea");
  if (value) write("question", value);
  if (focused) {
    box.focus({ preventScroll: true });
    if (value) box.setSelectionRange(selectionStart, selectionEnd);
  }
  if (asked) setTimeout(askNow, 100);
};

/** Called whenever the page changes: once Gradio has drawn it and nothing moves any more, the first sight gives way. */
export const settle = () => {
  if (!first?.isConnected || !document.querySelector("#question textarea") || !document.querySelector("#heading h1")) return;
  clearTimeout(quiet);
  quiet = setTimeout(show, SETTLED);
};
