// A finished answer as nodes: its words with numbered chips, its sources with their quotes, and what to do with it.

import { SHARED, h, icon, iconButton } from "./dom.js";
import { coded, piecesOf, proseOf, slicePoints } from "./prose.js";
import { fill } from "./texts.js";

const NEAREST = 3;

/** Where words stand: Author · notes on “Title” · Section. */
export function whereOf(source, texts) {
  const titled = fill(source.kind === "notes" ? texts.notesOn : texts.titled, { title: source.title });
  const section = source.section === source.title ? null : source.section;
  return [source.author, titled, section].filter(Boolean).join(" · ");
}

/** The body of an answer. ``act`` is what its parts do: read, preview, leave, ask, rate, copy. */
export function answerNodes(answer, texts, act, { feedback }) {
  const cited = new Map(answer.citations.map((citation) => [citation.marker, citation]));
  const chipOf = (marker) => chip(cited.get(marker), texts, act);
  const card = answer.case && SHARED.caseNode?.(answer, texts, act, (claim) => [
    slicePoints(answer.answer, claim.start, claim.end), ...claim.markers.filter((n) => cited.has(n)).flatMap((n) => ["\u202f", chipOf(n)]),
  ]);
  if (answer.abstained) return [abstention(answer, texts, act), card, ...notices(answer), tools(answer, texts, act, false)];
  return [
    card && answer.case.decided ? null : h("div", { class: "words" }, ...proseOf(piecesOf(answer), chipOf)),
    card,
    answer.citations.length ? sources(answer.citations, texts, act) : null,
    ...notices(answer),
    tools(answer, texts, act, feedback),
  ];
}

/** What was written so far; its marks are not chips before the answer is whole. */
export function partialNodes(text) {
  const pieces = text.split(/ ?\[(\d+)\]/).map((part, i) => (i % 2 ? Number(part) : part));
  return [h("div", { class: "words" }, ...proseOf(pieces, (n) => h("span", { class: "chip early", text: n })))];
}

/** Questions to go on with. */
export function followupNodes(questions, label, ask) {
  const buttons = questions.map((text) => h("button", { type: "button", class: "option", dir: "auto", text, onclick: () => ask(text) }));
  return h("div", { class: "options", role: "group", "aria-label": label }, ...buttons);
}

/** The answer's text and sources as Markdown. */
export function markdownOf(answer, texts, addressOf) {
  const lines = answer.citations.map((c) => `[${c.marker}] “${c.quote}” (${whereOf(c, texts)}) ${addressOf(c)}`);
  return [`**${answer.question}**`, answer.answer, ...lines].join("\n\n");
}

function chip(citation, texts, act) {
  const label = `${fill(texts.source, { n: citation.marker })}: ${whereOf(citation, texts)}`;
  const node = h("button", {
    type: "button",
    class: "chip",
    "aria-label": label,
    text: citation.marker,
    onclick: () => act.read(citation, node),
    onpointerenter: (event) => event.pointerType === "mouse" && act.preview(citation, node),
    onpointerleave: () => act.leave(),
    onfocus: () => node.matches(":focus-visible") && act.preview(citation, node),
    onblur: () => act.leave(),
  });
  return node;
}

function sources(citations, texts, act) {
  const items = citations.map((citation) =>
    item(String(citation.marker), h("q", { dir: "auto", text: citation.quote }), citation, texts, act),
  );
  return list("sources", texts.sources, items);
}

function abstention(answer, texts, act) {
  const near = answer.passages.slice(0, NEAREST).map((passage) => {
    const source = { ...passage, title: "", quote: passage.text };
    return item(null, h("span", { class: "opening", dir: "auto", text: openingOf(passage) }), source, texts, act);
  });
  return h(
    "div",
    { class: "abstained" },
    h("p", { class: "label", text: texts.abstained }),
    ...proseOf([answer.answer], () => null),
    near.length ? list("nearest", texts.nearest, near) : null,
  );
}

function item(number, words, source, texts, act) {
  const where = source.title ? whereOf(source, texts) : source.section;
  const node = h(
    "button",
    { type: "button", class: "source", onclick: () => act.read(source, node) },
    h("span", { class: "number", text: number }, number ? null : icon("back")),
    h("span", { class: "quote" }, words),
    h("span", { class: "where", dir: "auto", text: where }),
  );
  return h("li", {}, node);
}

function list(name, heading, items) {
  return h("section", { class: name }, h("h3", { text: heading }), h("ol", {}, ...items));
}

/** The first words of a passage without its heading. */
function openingOf(passage, limit = 150) {
  const body = passage.text.replace(/^[ \t]*#+[^\n]*\n+(?=\S)/, "").replace(/\s+/g, " ").replace(/^[#\-*• ]+/, "");
  return body.length > limit ? `${body.slice(0, body.lastIndexOf(" ", limit))}\u00a0…` : body;
}

function notices(answer) {
  const shown = (SHARED.caseNode && answer.case?.in_words) || [];
  return answer.notices.filter((notice) => !shown.includes(notice)).map((notice) => h("p", { class: "quiet", dir: "auto", lang: "en" }, ...coded(notice)));
}

function tools(answer, texts, act, feedback) {
  const row = h("div", { class: "tools" });
  const copy = iconButton("copy", texts.copy, { onclick: () => act.copy(answer, copy) });
  row.append(copy, iconButton("again", texts.again, { onclick: act.again }));
  if (feedback) row.append(...thumbs(answer, texts, act, row));
  if (answer.trace?.length) row.append(traceNode(answer, texts));
  return row;
}

/** How the answer was made, closed until it is asked for. */
function traceNode({ trace, model }, texts) {
  const rows = trace.map(({ stage, ms }) => h("tr", {}, h("th", { text: texts[stage] || stage }), h("td", { text: `${Math.round(ms)} ms` })));
  return h("details", {}, h("summary", { text: texts.trace }), h("table", {}, ...rows), h("p", { class: "quiet", text: model }));
}

function thumbs(answer, texts, act, row) {
  const buttons = {};
  const rate = async (rating) => {
    if (!(await act.rate({ answer_id: answer.id, rating }, row))) return;
    for (const [name, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(name === rating));
    if (!row.parentNode.querySelector(".comment")) row.after(commentForm(answer, texts, act, () => pressed(buttons)));
  };
  for (const [name, label] of [["up", texts.good], ["down", texts.bad]]) {
    buttons[name] = iconButton("good", label, { class: `icon ${name}`, "aria-pressed": "false", onclick: () => rate(name) });
  }
  return Object.values(buttons);
}

const pressed = (buttons) => Object.keys(buttons).find((name) => buttons[name].getAttribute("aria-pressed") === "true");

function commentForm(answer, texts, act, rating) {
  const box = h("textarea", { rows: 2, maxlength: 2000, dir: "auto", "aria-label": texts.comment, placeholder: texts.comment });
  const form = h(
    "form",
    { class: "comment" },
    box,
    h("div", {}, h("span", { text: texts.commentNote }), h("button", { class: "solid", text: texts.commentSend })),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const comment = box.value.trim();
    if (!comment) return box.focus();
    const { id, question } = answer;
    const sent = await act.rate({ answer_id: id, rating: rating(), comment, question, answer: answer.answer }, form);
    if (sent) form.replaceChildren(h("p", { class: "quiet", role: "status", text: texts.thanks }));
  });
  return form;
}
