// What the server refuses before an answer begins is told in a banner, with what to do.
import { leaveWelcome } from "./asking.js";
import { el } from "./dom.js";
import { exchanges, idOf } from "./records.js";
import { conversations } from "./storage.js";

const SIGNED_OUT = "signed-out";
// Gradio loads the page again once its server is back; keeping.js then brings all of it back.
const GOES_ON = "What you typed stays here, and the page goes on by itself once that is over.";
const OFFLINE = `You are offline. ${GOES_ON}`;
const UNREACHABLE = `The assistant can’t be reached just now. ${GOES_ON}`;

const banner = (text, action) => {
  leaveWelcome(false);
  document.getElementById("banner")?.remove();
  const close = el("button", { type: "button", "aria-label": "Dismiss" }, "×");
  const made = el("div", { id: "banner", role: "alert" }, el("p", {}, text), ...(action ? [action] : []), close);
  close.addEventListener("click", () => made.remove());
  document.body.append(made);
};

/** What becomes of the conversation on the page: signing out deletes what the browser kept, an ended session doesn't. */
const signedOut = () => {
  const shown = exchanges().map(idOf);
  if (!shown.length) return "You are signed out. Sign in to go on.";
  const kept = new Set(conversations().flatMap((each) => each.exchanges.map(idOf)));
  return shown.every((id) => kept.has(id))
    ? "You are signed out. Sign in to go on; this conversation is kept in your browser."
    : "You are signed out, and this conversation is no longer kept in your browser. Export it before you sign in again, or it is lost.";
};

const told = async (reply) => {
  if (reply.status === 401) {
    document.documentElement.classList.add(SIGNED_OUT);
    banner(signedOut(), el("a", { href: document.baseURI }, "Sign in"));
    return;
  }
  const problem = await reply.clone().json().catch(() => null);
  if (problem?.detail && problem.code) banner(problem.detail);
};

/** An answer that will not go on says so where it stands. */
const breakOff = (why) => {
  const open = document.querySelector("#chat .bot-row:last-of-type .answer:is(.waiting, .writing)");
  if (!open) return;
  open.classList.remove("waiting", "writing");
  for (const sign of open.querySelectorAll(".doing, i")) sign.remove();
  open.append(el("div", { class: "problem" }, el("p", {}, why)));
};

const cutOff = () => {
  const why = navigator.onLine ? UNREACHABLE : OFFLINE;
  breakOff(why);
  banner(why);
};

/** Called whenever the page changes: Gradio's own messages stay hidden, and ours says what to do. */
export const tellToasts = () => {
  for (const toast of document.querySelectorAll(".toast-body:not([data-told])")) {
    toast.dataset.told = "true";
    if (toast.classList.contains("error") && !document.getElementById("banner")) cutOff();
  }
};

/** Watches what Gradio asks of the server; its own messages don't say what to do. */
export const watchProblems = () => {
  const fetched = window.fetch;
  window.addEventListener("offline", () => banner(OFFLINE));
  window.addEventListener("online", () => document.getElementById("banner")?.remove());
  window.fetch = async (...given) => {
    let reply;
    try {
      reply = await fetched(...given);
    } catch (error) {
      if (error.name !== "AbortError" && String(given[0]?.url ?? given[0]).includes("/gradio_api/queue/")) cutOff();
      throw error;
    }
    if (!reply.url.includes("/gradio_api/")) return reply;
    if (reply.ok) document.documentElement.classList.remove(SIGNED_OUT);
    else told(reply);
    return reply;
  };
};
