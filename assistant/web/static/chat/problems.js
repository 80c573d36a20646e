// What the server refuses before an answer begins is told in a banner, with what to do.
import { el } from "./dom.js";
import { exchanges, idOf } from "./records.js";
import { conversations } from "./storage.js";

const SIGNED_OUT = "signed-out"; // hides Gradio's own message

const banner = (text, action) => {
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

/** Watches what Gradio asks of the server; its own messages don't say what to do. */
export const watchProblems = () => {
  const fetched = window.fetch;
  window.fetch = async (...given) => {
    const reply = await fetched(...given);
    if (!reply.url.includes("/gradio_api/")) return reply;
    if (reply.ok) document.documentElement.classList.remove(SIGNED_OUT);
    else told(reply);
    return reply;
  };
};
