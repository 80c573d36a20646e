// Thumbs under an answer, with room for a comment. What was asked goes along only if the person says so.
import { el, say } from "./dom.js";
import { rate, ratingOf } from "./storage.js";

const NAMES = { up: "Good answer", down: "Bad answer" };
const PATHS = {
  up: "M5 7.2 7.6 1.9c.9 0 1.6.7 1.6 1.6v2.6h3.4c.9 0 1.5.8 1.3 1.6l-1.1 5c-.2.7-.7 1.1-1.4 1.1H5m0-6.6v6.6m0-6.6H2.3v6.6H5",
  down: "M5 8.8 7.6 14.1c.9 0 1.6-.7 1.6-1.6V9.9h3.4c.9 0 1.5-.8 1.3-1.6l-1.1-5c-.2-.7-.7-1.1-1.4-1.1H5m0 6.6V2.2m0 6.6H2.3V2.2H5",
};

const icon = (rating) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[rating]);
  svg.append(path);
  return svg;
};

const send = async (body) => {
  let reply;
  try {
    reply = await fetch("api/feedback", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The server can't be reached. Try again.");
  }
  if (reply.ok) return;
  const problem = await reply.json().catch(() => ({}));
  throw new Error(problem.detail ?? problem.title ?? `The server refused it (${reply.status}). Try again.`);
};

const note = (kind, text) => el("p", { class: kind, role: kind === "refused" ? "alert" : "status" }, text);

const commentForm = (exchange, rating, done) => {
  const id = `comment-${exchange.answer.id}`;
  const words = el("textarea", { id, rows: "2", maxlength: "2000", dir: "auto", placeholder: rating === "up" ? "What helped?" : "What is wrong or missing?" });
  const include = el("input", { type: "checkbox" });
  const told = el("div", { class: "told" });
  const submit = el("button", { type: "submit", class: "main" }, "Send");
  const form = el("form", { class: "comment" },
    el("label", { for: id }, "Thank you. Anything to add?"), words,
    el("label", { class: "include" }, include, el("span", {}, "Include the question and the answer")),
    el("div", { class: "ends" }, submit, el("button", { type: "button", onclick: () => done() }, "Close")), told);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = { answer_id: exchange.answer.id, rating };
    if (words.value.trim()) body.comment = words.value.trim();
    if (include.checked) Object.assign(body, { question: exchange.question, answer: exchange.answer.answer });
    submit.disabled = true;
    try {
      await send(body);
      done("Sent. Thank you.");
    } catch (error) {
      told.replaceChildren(note("refused", error.message));
      submit.disabled = false;
    }
  });
  return form;
};

/** The two buttons; what they open stands in `foot`. */
export const feedbackButtons = (exchange, foot) => {
  const place = el("div", { class: "feedback" });
  const made = {};
  const press = (rating) => {
    for (const [name, button] of Object.entries(made)) button.setAttribute("aria-pressed", String(name === rating));
  };
  const close = (text) => {
    place.replaceChildren(...(text ? [note("sent", text)] : []));
    if (text) say(text);
    made[ratingOf(exchange.answer.id)]?.focus();
  };
  const choose = async (rating) => {
    const before = ratingOf(exchange.answer.id);
    press(rating);
    try {
      await send({ answer_id: exchange.answer.id, rating });
      rate(exchange.answer.id, rating);
      place.replaceChildren(commentForm(exchange, rating, close));
      say(`Rated: ${NAMES[rating]}.`);
    } catch (error) {
      press(before);
      place.replaceChildren(note("refused", error.message));
    }
  };
  for (const rating of ["up", "down"]) {
    made[rating] = el("button", { type: "button", class: "thumb", "aria-label": NAMES[rating], title: NAMES[rating], onclick: () => choose(rating) }, icon(rating));
  }
  press(ratingOf(exchange.answer.id));
  foot.append(place);
  return Object.values(made);
};
