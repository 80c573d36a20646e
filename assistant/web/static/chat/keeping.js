// Keeps the conversation on the page in the browser, and takes an earlier one up again: the server shows it anew.
import { press, write } from "./page.js";
import { exchanges, idOf } from "./records.js";
import { current, find, save, setCurrent } from "./storage.js";

const MOST_SENT = 300_000; // characters; older exchanges stay in the browser
const PATIENCE = 6_000; // milliseconds
let awaited = null; // ids of the exchanges that are coming back
let known = ""; // what was on the page the last time

const arrived = (found) => awaited === null || (found.length > 0 && found.every((each) => awaited.has(idOf(each))));
const done = () => {
  awaited = null;
  document.documentElement.classList.remove("restoring");
};

/** Called whenever the page changes. */
export const keep = () => {
  const rows = document.querySelectorAll("#chat .user-row").length;
  const found = exchanges();
  const now = rows ? found.map(idOf).join() || "begun" : "";
  if (now === known && awaited === null) return;
  if (awaited !== null) {
    if (!arrived(found) && !document.querySelector("#chat .problem")) return;
    done();
  }
  const ended = known !== "" && now === "";
  known = now;
  if (ended) setCurrent(null);
  else if (found.length) save(found);
};

/** Shows a kept conversation instead of the one on the page. */
export const takeUp = (conversation) => {
  let sent = conversation.exchanges;
  while (sent.length > 1 && JSON.stringify(sent).length > MOST_SENT) sent = sent.slice(1);
  setCurrent(conversation.id);
  awaited = new Set(conversation.exchanges.map(idOf));
  if (!write("kept", JSON.stringify(sent))) return;
  // Gradio takes the text over before it takes the press.
  setTimeout(() => press("restore"), 0);
  setTimeout(() => awaited && done(), PATIENCE);
};

/** After a reload, the conversation of this tab comes back as soon as Gradio's parts are there. */
export const restoreOnLoad = () => {
  const conversation = current() && find(current());
  if (!conversation) return setCurrent(null);
  document.documentElement.classList.add("restoring");
  const ready = () => document.querySelector("#kept textarea") && document.getElementById("restore");
  const begin = () => takeUp(conversation);
  if (ready()) return begin();
  const observer = new MutationObserver(() => {
    if (!ready()) return;
    observer.disconnect();
    begin();
  });
  observer.observe(document.body, { subtree: true, childList: true });
};
