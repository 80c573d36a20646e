// Shows one case: the answer and its scores on one side, the essays on the other.
const told = dialog.querySelector(".told");
let shown = null;

const section = (title, ...children) => make("section", {}, make("h3", {}, title), ...children);
const badge = (passed) => make("span", { class: `badge ${passed ? "good" : "bad"}` }, passed ? "passed" : "failed");
const jump = (one, range, ...children) => make("button", { type: "button", class: "jump", onclick: () => goTo(one, range.source, range.start) }, ...children);
const answerText = (one) => {
  const { text, citations, unsupported } = one.answer;
  const characters = Array.from(text);
  const ranges = unsupported.map(([start, end]) => ({ start, end, unsupported: true }));
  let at = 0;
  for (const part of text.split(/(\[\d+\])/)) {
    const length = Array.from(part).length;
    const citation = /^\[\d+\]$/.test(part) && citations.find((other) => other.marker === Number(part.slice(1, -1)));
    if (citation) ranges.push({ start: at, end: at + length, citation });
    at += length;
  }
  return make("p", { class: "answer", dir: "auto" }, ...pieces(characters, 0, characters.length, ranges).map(({ text: piece, over }) => {
    const citation = over.find((range) => range.citation)?.citation;
    if (citation) return make("button", { type: "button", class: "cite", "aria-label": `Citation ${citation.marker} in the essay`, onclick: () => goTo(one, citation.source, citation.start) }, String(citation.marker));
    return over.length ? make("span", { class: "unsupported", title: "No cited words bear this out" }, piece) : piece;
  }));
};
const where = (range) => make("span", { class: "where" }, [range.source, range.section].filter(Boolean).join(" › "));
const overlaps = (a, b) => a.source === b.source && a.start < b.end && b.start < a.end;
const quotes = (one, list, number) => make("ol", { class: number ? "quotes numbered" : "quotes" }, ...list.map((range) =>
  make("li", {}, range.start === null || !essays[range.source]
    ? make("span", { class: "jump" }, make("span", { class: "where" }, range.source ? `${range.source}: these words do not stand there` : "in no essay"), make("q", { dir: "auto" }, range.quote))
    : jump(one, range, number ? make("span", { class: "number" }, String(range.marker)) : null, where(range), make("q", { dir: "auto" }, range.quote)))));
const list = (lines) => make("ul", { class: "facts" }, ...lines.map((line) => make("li", {}, make("code", {}, line))));
const retrieved = (one) => make("ol", { class: "retrieved" }, ...one.answer.passages.map((passage) => {
  const gold = one.gold.some((range) => range.start !== null && overlaps(range, passage));
  return make("li", {}, where(passage), gold ? make("span", { class: "badge gold" }, "gold") : null, make("span", { class: "score" }, passage.score));
}));
const tellingOf = (one) => {
  const parts = [make("p", { class: "eyebrow" }, [one.kind, one.answerable ? "answerable" : "not answerable", ...one.tags].join(" · "))];
  if (one.history.length) parts.push(make("div", { class: "history" }, ...one.history.map((turn) => make("p", { class: turn.role, dir: "auto" }, turn.content))));
  parts.push(make("p", { class: "asked", dir: "auto" }, one.question));
  const outcome = [badge(one.passed), " "];
  if (!one.passed) outcome.push(make("strong", {}, one.why), one.advice ? make("span", { class: "advice" }, one.advice) : "");
  if (one.flip === "broken" || one.flip === "mended") outcome.push(" ", make("span", { class: `flip ${one.flip}` }, `${one.flip} since the baseline`));
  parts.push(make("p", { class: `outcome ${one.passed ? "good" : "bad"}` }, ...outcome));
  if (one.error) parts.push(make("p", { class: "problem", dir: "auto" }, one.error));
  if (one.answer) parts.push(section(one.answer.abstained ? "Abstained" : "Answer", answerText(one), one.answer.reason ? make("p", { class: "hint" }, one.answer.reason) : null));
  if (one.answer?.citations.length) parts.push(section("Cited", quotes(one, one.answer.citations, true)));
  if (one.gold.length) parts.push(section("Wanted", quotes(one, one.gold, false)));
  else if (!one.answerable) parts.push(section("Wanted", make("p", { class: "hint" }, "An abstention: the essays do not hold the answer.")));
  if (one.expect || one.wishes.length) parts.push(section("Expected", one.expect ? make("p", { class: "hint", dir: "auto" }, one.expect) : null, one.wishes.length ? list(one.wishes) : null));
  if (one.facts.length) parts.push(section("Facts", list(one.facts)));
  if (one.before) parts.push(section("In the baseline", make("p", { class: "before" }, badge(one.before.passed), " ", make("span", { dir: "auto" }, one.before.text))));
  if (one.scores.length) parts.push(section("Scores", make("table", { class: "scores" }, make("tbody", {}, ...one.scores.map(([name, value, reason]) => make("tr", {}, make("th", { scope: "row" }, name), make("td", { class: "value" }, value ?? "n/a"), make("td", { dir: "auto" }, reason)))))));
  if (one.answer?.passages.length) parts.push(section("Retrieved", retrieved(one)));
  if (one.answer?.trace.length) parts.push(section(`Time: ${one.took}`, make("ul", { class: "trace" }, ...one.answer.trace.map(([stage, ms]) => make("li", {}, stage, " ", make("b", {}, ms))))));
  return parts;
};
const turn = (name) => {
  face(name);
  if (name === "source" && !side.scrollTop) first();
};
// The cases to step through: those the table shows, or all where the shown one is filtered away.
const around = () => {
  const found = rows.filter((row) => !row.hidden).map((row) => Number(row.dataset.i));
  return found.includes(shown) ? found : rows.map((row) => Number(row.dataset.i));
};
const beside = (by) => {
  const order = around();
  return order[order.indexOf(shown) + by];
};
const steps = () => {
  for (const button of dialog.querySelectorAll("[data-step]")) button.disabled = beside(Number(button.dataset.step)) === undefined;
};
const open = (i) => {
  const one = cases[i];
  shown = i;
  dialog.querySelector("#case-title").textContent = one.label;
  told.replaceChildren(...tellingOf(one));
  told.scrollTop = 0;
  face("told");
  steps();
  if (!dialog.open) dialog.showModal();
  document.body.classList.add("reading");
  openEssays(one);
  told.focus({ preventScroll: true });
  dialog.querySelector(".sides").hidden = sheet.classList.contains("alone");
};
const follow = () => {
  const wanted = location.hash.startsWith("#case=") ? decodeURIComponent(location.hash.slice(6)) : null;
  const i = wanted === null ? -1 : cases.findIndex((one) => one.label === wanted);
  if (i >= 0) open(i);
  else if (dialog.open) dialog.close();
};
const address = (i) => `#case=${encodeURIComponent(cases[i].label)}`;
dialog.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.hasAttribute("data-close")) dialog.close();
  if (button.parentElement.classList.contains("sides")) turn(button.dataset.side);
  if (button.dataset.step) step(Number(button.dataset.step));
});
const step = (by) => {
  const next = beside(by);
  if (next !== undefined) location.replace(address(next));
};
dialog.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select") || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "j") step(1);
  if (event.key === "k") step(-1);
});
dialog.addEventListener("close", () => {
  document.body.classList.remove("reading");
  if (location.hash.startsWith("#case=")) history.replaceState(null, "", location.pathname + location.search);
  if (shown !== null) rows.find((row) => Number(row.dataset.i) === shown)?.querySelector("a").focus();
  shown = null;
});
window.addEventListener("hashchange", follow);
follow();
