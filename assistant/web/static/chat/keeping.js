// Keeps the conversation on the page in the browser, and takes an earlier one up again: the server shows it anew.
import { textOf } from "./again.js";
import { say } from "./dom.js";
import { press, write } from "./page.js";
import { exchanges, idOf } from "./records.js";
import { current, draft, find, save, setCurrent, setUnanswered, unanswered } from "./storage.js";

const MOST_SENT = 300_000; // characters; older exchanges stay in the browser
const PATIENCE = 6_000; // milliseconds
let awaited = null; // ids of the exchanges that are coming back
let known = ""; // what was on the page the last time

const arrived = (found) => awaited === null || (found.length > 0 && found.every((each) => awaited.has(idOf(each))));
const done = () => {
  awaited = null;
  document.documentElement.classList.remove("restoring");
};

/** Whether what comes onto the page was answered before. */
export const restoring = () => awaited !== null;

/** The last question where it has no answer, be it that one is being written or that it failed. */
const open = () => {
  const asked = document.querySelectorAll("#chat .asked");
  return document.querySelector("#chat .bot-row:last-of-type :is(.waiting, .writing, .problem)") && textOf(asked[asked.length - 1]);
};

/** An unanswered question with what was typed behind it. */
const withDraft = (question) => (draft() && !draft().startsWith(question) ? `${question}\n\n${draft()}` : draft() || question);

/** Called whenever the page changes. */
export const keep = () => {
  if (awaited === null) setUnanswered(open());
  const rows = document.querySelectorAll("#chat .user-row").length;
  const found = exchanges();
  const now = rows ? found.map(idOf).join() || "begun" : "";
  if (now === known && awaited === null) return;
  if (awaited !== null) {
    const came = arrived(found);
    if (!came && !document.querySelector("#chat .problem")) return;
    if (!came) setCurrent(null); // what is kept stays as it is, whatever is asked now
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

const whenReady = (begin) => {
  const ready = () => document.querySelector("#kept textarea") && document.getElementById("restore");
  if (ready()) return begin();
  const observer = new MutationObserver(() => {
    if (!ready()) return;
    observer.disconnect();
    begin();
  });
  observer.observe(document.body, { subtree: true, childList: true });
};

/** After a reload, the conversation of this tab comes back, and a question that had no answer yet into the box. */
export const restoreOnLoad = () => {
  const conversation = current() && find(current());
  const left = unanswered();
  if (conversation) document.documentElement.classList.add("restoring");
  else setCurrent(null);
  whenReady(() => {
    if (conversation) takeUp(conversation);
    if (left && write("question", withDraft(left))) say("The page was reloaded before your question was answered. It is in the box again.");
  });
};
