// The question box: no word typed into it is lost, and it asks what the page's address asks (`?q=`).
import { textOf } from "./again.js";
import { busy, leaveWelcome } from "./asking.js";
import { el, say } from "./dom.js";
import { write } from "./page.js";
import { draft, setDraft, unanswered } from "./storage.js";

const MOST = Number(document.querySelector('meta[name="most-characters"]')?.content) || Infinity;
const COUNT_FROM = 0.8; // share of the limit from which on the characters are counted
const AGAIN_AFTER = 1_500; // milliseconds; Gradio drops a press that comes while it is busy with the page
const TRIES = 6;

const area = () => document.querySelector("#question textarea");
const button = (name) => document.querySelector(`#question [data-testid="${name}-button"]`);
const asked = () => document.querySelectorAll("#chat .asked");

let sent = null; // the question on its way: its text, what is typed since, and how many were on the page before
let queued = false; // whether the text in the box is asked once the answer is written

const hint = (text) => {
  const composer = document.getElementById("composer");
  const line = document.getElementById("hint") ?? el("p", { id: "hint", role: "status" });
  if (composer && !line.isConnected) composer.append(line);
  if (line.textContent !== text) line.textContent = text;
};

const told = (value) => {
  if (value.length > MOST) return `${value.length.toLocaleString("en")} characters; at most ${MOST.toLocaleString("en")} are taken. Shorten it.`;
  if (queued) return "This is asked once the answer is written. Escape takes it back.";
  return value.length > COUNT_FROM * MOST ? `${value.length.toLocaleString("en")} of ${MOST.toLocaleString("en")} characters` : "";
};

/** What is typed behind a question: with what was typed before the page emptied the box for it. */
const behind = (value) => {
  const was = sent.typed;
  if (value.startsWith(sent.text) || !was.startsWith(sent.text)) return value;
  return was.slice(sent.text.length).trimStart() + value;
};

const changed = () => {
  const value = area()?.value ?? "";
  if (sent) {
    sent.typed = behind(value);
    if (sent.typed !== value) return write("question", sent.typed);
  }
  if (!value) queued = false;
  setDraft(value);
  hint(told(value));
};

/** Keeps what was typed behind a question when the page empties the box for it; asks again what was dropped. */
const watch = () => {
  if (!sent) return;
  const value = area()?.value ?? "";
  if (asked().length > sent.before) {
    const more = sent.typed.startsWith(sent.text) ? sent.typed.slice(sent.text.length).trimStart() : sent.typed;
    sent.typed = more;
    if (value === "" && more) write("question", more);
    if (value !== sent.text) sent = null;
    setDraft(area()?.value ?? "");
  } else if (Date.now() - sent.at > AGAIN_AFTER) {
    sent.at = Date.now();
    sent.tries += 1;
    if (sent.tries > TRIES || value !== sent.text) {
      sent = null;
      leaveWelcome(false);
    } else button("submit")?.click();
  }
  if (sent) setTimeout(watch, 100);
};

const ask = () => {
  const text = area().value;
  if (!text.trim() || text.length > MOST) return hint(told(text));
  queued = busy();
  hint(told(text));
  if (queued) return say("The question is asked once the answer is written.");
  sent = { text, typed: text, before: asked().length, at: Date.now(), tries: 0 };
  leaveWelcome();
  button("submit")?.click();
  watch();
};

/** Asks what stands in the box. */
export const askNow = () => area()?.value.trim() && ask();

/** Called whenever the page changes: asks what waits. */
export const askQueued = () => {
  if (queued && !busy() && button("submit") && area()?.value.trim()) setTimeout(() => queued && !busy() && ask(), 200);
};

const lastAsked = () => textOf([...asked()].pop());

document.addEventListener("input", (event) => event.target === area() && changed());
document.addEventListener("keydown", (event) => {
  const box = area();
  if (event.target !== box || event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    event.stopImmediatePropagation();
    ask();
  } else if (event.key === "Escape" && queued) {
    queued = false;
    changed();
  } else if (event.key === "ArrowUp" && !box.value && lastAsked()) {
    event.preventDefault();
    write("question", lastAsked());
  }
}, true);
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#welcome .example")) leaveWelcome();
  if (event.target.closest?.("#new-chat")) setTimeout(() => area()?.focus(), 300);
  if (!event.isTrusted || !button("submit")?.contains(event.target)) return; // our own presses send
  event.preventDefault();
  event.stopImmediatePropagation();
  ask();
}, true);

const inAddress = () => new URLSearchParams(location.search).get("q")?.trim() ?? "";

/** Whether the address brings a question, which begins a conversation of its own. */
export const brought = () => inAddress() !== "";

/** Once the box is there: the address's question is asked, and a draft that a reload left comes back. */
export const fillBox = () => {
  const question = inAddress();
  const wait = setInterval(() => {
    if (!area() || !button("submit")) return;
    clearInterval(wait);
    if (question) {
      const rest = new URL(location.href);
      rest.searchParams.delete("q");
      history.replaceState(history.state, "", rest); // a reload does not ask again
      write("question", question);
      setTimeout(ask, 100);
    } else if (draft() && !unanswered() && !area().value) {
      write("question", draft());
    }
  }, 100);
};
