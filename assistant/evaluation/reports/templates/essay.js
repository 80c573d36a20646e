// Shows an essay with gold and cited words marked. Offsets count characters, as Python does.
const dialog = document.getElementById("case");
const sheet = dialog.querySelector(".sheet");
const side = dialog.querySelector(".source");
const article = side.querySelector("article");

// A text cut where any range begins or ends.
const pieces = (characters, from, to, ranges) => {
  const cuts = new Set([from, to]);
  for (const { start, end } of ranges) for (const cut of [start, end]) if (cut > from && cut < to) cuts.add(cut);
  const sorted = [...cuts].sort((a, b) => a - b);
  return sorted.slice(1).map((end, i) => {
    const start = sorted[i];
    return { start, text: characters.slice(start, end).join(""), over: ranges.filter((range) => range.start <= start && range.end >= end) };
  });
};

const charactersOf = (id) => (essays[id].characters ??= Array.from(essays[id].text));
const rangesIn = (one, id) => {
  if (essays[id].changed) return [];
  const gold = one.gold.filter((range) => range.source === id && range.start !== null).map((range) => ({ ...range, tone: "gold" }));
  const cited = (one.answer?.citations ?? []).filter((range) => range.source === id).map((range) => ({ ...range, tone: "cited" }));
  return [...gold, ...cited];
};
const painted = (id, from, to, ranges, state) =>
  pieces(charactersOf(id), from, to, ranges).map(({ start, text, over }) => {
    if (!over.length) return text;
    const opens = over.filter((range) => range.tone === "cited" && range.start === start && !state.seen.has(range.marker));
    opens.forEach((range) => state.seen.add(range.marker));
    return make("mark", {
      class: [...new Set(over.map((range) => range.tone))].join(" "),
      "data-n": opens.map((range) => range.marker).join(" ") || null,
      "data-start": start,
    }, text);
  });
const showEssay = (one, id) => {
  for (const button of side.querySelectorAll(".essays button")) button.setAttribute("aria-pressed", String(button.dataset.id === id));
  const essay = essays[id];
  const ranges = rangesIn(one, id);
  const length = charactersOf(id).length;
  const state = { seen: new Set() };
  const parts = essay.blocks.map(([element, start, hidden], i) => {
    const end = i + 1 < essay.blocks.length ? essay.blocks[i + 1][1] : length;
    const syntax = hidden ? make("span", { class: "syntax" }, ...painted(id, start, start + hidden, ranges, state)) : null;
    return make(element, {}, syntax, ...painted(id, start + hidden, end, ranges, state));
  });
  const notice = essay.changed ? make("p", { class: "notice" }, "This text has changed since the run, so nothing is marked.") : null;
  article.replaceChildren(...[notice, make("p", { class: "eyebrow" }, essay.kind), make("h2", {}, essay.title), ...parts].filter(Boolean));
  article.dataset.id = id;
};
const face = (name) => {
  sheet.dataset.side = name;
  for (const button of dialog.querySelectorAll(".sides button")) button.setAttribute("aria-pressed", String(button.dataset.side === name));
};
const goTo = (one, id, start, quick) => {
  if (!essays[id]) return;
  if (article.dataset.id !== id) showEssay(one, id);
  face("source");
  const marks = [...article.querySelectorAll("mark")];
  const target = marks.find((mark) => Number(mark.dataset.start) >= start) ?? marks.at(-1);
  article.querySelector("mark.here")?.classList.remove("here");
  target?.classList.add("here");
  const calm = quick || window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (target) target.scrollIntoView({ block: "center", behavior: calm ? "instant" : "smooth" });
};
const essaysOf = (one) => {
  const counts = new Map();
  for (const { source } of [...one.gold, ...(one.answer?.citations ?? [])]) if (essays[source]) counts.set(source, (counts.get(source) ?? 0) + 1);
  return counts;
};
const openEssays = (one) => {
  const counts = essaysOf(one);
  sheet.classList.toggle("alone", counts.size === 0);
  side.querySelector(".essays").replaceChildren(...[...counts].map(([id, n]) =>
    make("button", { type: "button", "data-id": id, onclick: () => { showEssay(one, id); first(); } }, id, make("small", {}, ` ${n}`))));
  delete article.dataset.id;
  article.replaceChildren();
  const id = [...counts.keys()][0];
  if (!id) return;
  showEssay(one, id);
  first();
};
const first = () => {
  const mark = article.querySelector("mark");
  side.scrollTop = mark ? Math.max(0, mark.getBoundingClientRect().top - side.getBoundingClientRect().top + side.scrollTop - side.clientHeight / 3) : 0;
};
