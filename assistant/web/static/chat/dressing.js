// What Gradio lets through of an answer gets its roles, its buttons, and a word for those who listen.
import { askAgain } from "./again.js";
import { copyWith, el, say } from "./dom.js";
import { feedbackButtons } from "./feedback.js";
import { restoring } from "./keeping.js";
import { answerMarkdown } from "./markdown.js";
import { idOf, recordOf } from "./records.js";

const dressed = new WeakSet();
const heard = new Set(); // ids of exchanges: what was asked on this page is announced, once; what comes back is not

const chips = (reply) => {
  for (const chip of reply.querySelectorAll("a.cite")) {
    const source = [...reply.querySelectorAll("a.source")].find((each) => each.getAttribute("href") === chip.getAttribute("href"));
    chip.setAttribute("role", "doc-noteref");
    chip.setAttribute("aria-label", `Source ${chip.textContent}: ${source?.querySelector(".where")?.textContent ?? ""}`);
    chip.removeAttribute("title"); // peek.js shows more
  }
};

const buttons = (reply, exchange) => {
  const copyButton = el("button", { type: "button", class: "copy", title: "Copy as Markdown, with sources" }, "Copy");
  copyButton.addEventListener("click", () => copyWith(copyButton, answerMarkdown(exchange), "The answer and its sources were copied."));
  const again = el("button", { type: "button", class: "again", onclick: () => askAgain(reply) }, exchange.answer ? "Ask again" : "Try again");
  const group = el("div", { class: "actions", role: "group", "aria-label": "This answer" }, copyButton, again);
  const foot = reply.querySelector(".foot");
  foot.prepend(group);
  if (exchange.answer) group.append(...feedbackButtons(exchange, foot));
};

const announce = (reply, exchange) => {
  const text = [...reply.querySelectorAll(".answer, .abstained > p")].map((part) => part.innerText).join(" ");
  const sources = exchange.answer?.citations?.length ?? 0;
  say(`${text} ${sources ? `${sources} ${sources === 1 ? "source" : "sources"}.` : ""}`.trim());
};

/** Looks for replies and failures that are new on the page. */
export const dress = () => {
  for (const reply of document.querySelectorAll("#chat .reply")) {
    if (dressed.has(reply)) continue;
    dressed.add(reply);
    const exchange = recordOf(reply);
    chips(reply);
    buttons(reply, exchange);
    if (!heard.has(idOf(exchange)) && !restoring()) announce(reply, exchange);
    heard.add(idOf(exchange));
  }
  for (const problem of document.querySelectorAll("#chat .problem:not([role])")) {
    problem.setAttribute("role", "alert");
    say(problem.innerText);
  }
};
