// What the server refuses before an answer begins is told in a banner, with what to do.
import { el } from "./dom.js";

const banner = (text, action) => {
  document.getElementById("banner")?.remove();
  const close = el("button", { type: "button", "aria-label": "Dismiss" }, "×");
  const made = el("div", { id: "banner", role: "alert" }, el("p", {}, text), ...(action ? [action] : []), close);
  close.addEventListener("click", () => made.remove());
  document.body.append(made);
};

const told = async (reply) => {
  if (reply.status === 401) {
    banner("You are signed out. Sign in to go on; this conversation is kept in your browser.", el("a", { href: document.baseURI }, "Sign in"));
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
    if (!reply.ok && reply.url.includes("/gradio_api/")) told(reply);
    return reply;
  };
};
