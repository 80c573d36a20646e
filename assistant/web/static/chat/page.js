// Gradio's parts made to fit: names for a screen reader, and where the page scrolls to.
export { startReader } from "./reader.js";

// Gradio labels a message with its source text, tags and all, and the box's buttons not at all.
const LABELS = { user: "You asked", bot: "Answer", "submit-button": "Send", "stop-button": "Stop" };

const set = (element, name, value) => element.getAttribute(name) !== value && element.setAttribute(name, value);

export const relabel = () => {
  for (const [part, label] of Object.entries(LABELS)) {
    for (const element of document.querySelectorAll(`:is(#chat, #question) [data-testid="${part}"]`)) {
      set(element, "aria-label", label);
      if (part === "user" || part === "bot") set(element, "role", "group");
    }
  }
  for (const words of document.querySelectorAll("#question textarea, #chat button.option, .example")) set(words, "dir", "auto");
  for (const long of document.querySelectorAll("#chat .asked:not([tabindex])")) {
    if (long.scrollHeight > long.clientHeight) long.setAttribute("tabindex", "0"); // to be scrolled by keyboard
  }
  // A finished answer is announced whole; each of its pieces as it comes would be noise.
  for (const log of document.querySelectorAll("#chat [role=log]")) {
    set(log, "aria-live", "off");
    set(log, "aria-label", "Conversation");
    set(log, "tabindex", "0");
  }
};

// A new question moves to the top, so that its answer is read from its first word; below stays room for that.
let asked = 0;
export const follow = () => {
  const rows = document.querySelectorAll("#chat .user-row");
  const newest = rows[rows.length - 1];
  if (newest) {
    const talk = newest.parentElement;
    const used = talk.lastElementChild.getBoundingClientRect().bottom - newest.getBoundingClientRect().top;
    const room = rows.length > 1 ? talk.parentElement.clientHeight - used - 20 : 0;
    talk.style.setProperty("--room", `${Math.max(0, room)}px`);
    if (rows.length > asked) newest.scrollIntoView({ block: "start" });
  }
  asked = rows.length;
};

/** Gives one of Gradio's hidden texts a value, as if it had been typed. */
export const write = (id, text) => {
  const area = document.querySelector(`#${id} textarea`);
  if (!area) return false;
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
};

/** Presses one of Gradio's buttons. */
export const press = (id) => document.getElementById(id)?.click();
