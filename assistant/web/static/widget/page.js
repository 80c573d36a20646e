// A document inside the panel, opened at the cited words: a part of its own, loaded with the first document.

import { h, icon, webAddress } from "./dom.js";
import { slicePoints, unitsAt } from "./prose.js";

const HEADING = /^[ \t]*(#{1,6})[ \t]+/;
const ITEM = /^[ \t]*(?:[-*+•–▪◦]|\(?\d{1,3}[.)])[ \t]+/;
const ROW = /^[ \t]*\|.*\|[ \t]*$/;
const INLINE =
  /(\*\*)(?=\S)([^*\n]+?)(?<=\S)\*\*|(`)([^`\n]+)`|(?<![\w*])([*_])(?=\S)([^*_\n]+?)(?<=\S)\5(?![\w*])/g;
const LONG = 60000; // UTF-16 units; of a longer text only the surroundings of the cited words are shown
const AROUND = 8000;

/** Fills the view with a document, the cited words marked and in sight; ``address`` is their permalink. */
function showSource(view, found, cited, texts, address, copied) {
  const { text, title, kind, author, publisher } = found;
  const same = slicePoints(text, cited.start, cited.end) === cited.quote;
  const start = same ? unitsAt(text, cited.start) : 0;
  const end = same ? unitsAt(text, cited.end) : 0;
  const { nodes, whole } = pageOf(text, start, end);
  view.title.textContent = title;
  view.by.textContent = [author || publisher, kind === "notes" ? texts.notes : texts.original].filter(Boolean).join(" · ");
  view.page.setAttribute("aria-label", title);
  view.page.replaceChildren(
    same ? "" : h("div", { class: "changed", role: "status" }, h("p", { text: texts.changed }), h("q", { text: cited.quote })),
    h("article", { class: kind, dir: "auto" }, ...nodes),
    whole ? "" : h("p", { class: "quiet" }, link(texts.whole, address)),
  );
  const original = webAddress(found.url);
  const copy = h("button", { type: "button", class: "quiet-button", onclick: () => copied(address, copy) }, icon("link"), texts.permalink);
  view.links.replaceChildren(copy, original ? link(kind === "notes" ? texts.readOriginal : texts.openOriginal, original) : "");
  const mark = view.page.querySelector("mark:not(.syntax > *)");
  const above = mark ? mark.getBoundingClientRect().top - view.page.getBoundingClientRect().top : 0;
  view.page.scrollTop += above - view.page.clientHeight * 0.3;
}

function link(text, href) {
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, text, icon("out"));
}

/**
 * A document's text as nodes, the characters from ``start`` to ``end`` (UTF-16 units) in mark elements.
 * Nothing is rewritten: Markdown's own characters are only hidden, so the marks hold exactly the cited words.
 * Returns the nodes and whether all of the text is there.
 */
function pageOf(text, start, end) {
  const long = text.length > LONG;
  const first = long ? Math.max(0, text.lastIndexOf("\n\n", start - AROUND)) : 0;
  const after = long ? text.indexOf("\n\n", end + AROUND) : -1;
  const last = after < 0 ? text.length : after;
  const write = (parent, from, to) => {
    const a = Math.min(Math.max(start, from), to);
    const b = Math.min(Math.max(end, a), to);
    parent.append(text.slice(from, a));
    if (a < b) parent.append(h("mark", { text: text.slice(a, b) }));
    parent.append(text.slice(b, to));
    return parent;
  };
  const nodes = [];
  for (const block of blocksOf(text, first, last)) {
    const node = h(block.tag, { dir: "auto" });
    if (block.body > block.start) node.append(write(h("span", { class: "syntax" }), block.start, block.body));
    if (block.tag === "pre") write(node, block.body, block.end);
    else inlineOf(text, block.body, block.end, node, write);
    if (block.tag !== "li") nodes.push(node);
    else if (nodes.at(-1)?.tagName === "UL") nodes.at(-1).append(node);
    else nodes.push(h("ul", {}, node));
  }
  return { nodes, whole: !long };
}

function inlineOf(text, from, to, node, write) {
  let at = from;
  for (const found of text.slice(from, to).matchAll(INLINE)) {
    const fence = found[1] || found[3] || found[5];
    const begin = from + found.index;
    const end = begin + found[0].length;
    write(node, at, begin);
    node.append(write(h("span", { class: "syntax" }), begin, begin + fence.length));
    const tag = fence === "**" ? "strong" : fence === "`" ? "code" : "em";
    node.append(write(h(tag), begin + fence.length, end - fence.length));
    node.append(write(h("span", { class: "syntax" }), end - fence.length, end));
    at = end;
  }
  write(node, at, to);
}

/** Headings, list items, table rows and paragraphs: tag, start, end, and where the words begin behind the syntax. */
function* blocksOf(text, first, last) {
  let open = null;
  let at = first;
  while (at < last) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 || newline > last ? last : newline;
    const line = text.slice(at, end);
    const heading = HEADING.exec(line);
    const item = ITEM.exec(line);
    const tag = heading ? (heading[1].length < 3 ? "h3" : "h4") : item ? "li" : ROW.test(line) ? "pre" : "p";
    const goesOn = open && line.trim() && (tag === "p" || (tag === "pre" && open.tag === "pre")) && !/^h/.test(open.tag);
    if (goesOn) {
      open.end = end;
    } else {
      if (open) yield open;
      const hidden = heading ? heading[0].length : item && !/^[\s(]*\d/.test(line) ? item[0].length : 0;
      open = line.trim() ? { tag, start: at, body: at + hidden, end } : null;
    }
    at = end + 1;
  }
  if (open) yield open;
}

SHARED.showSource = showSource;
