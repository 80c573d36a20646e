// Texts as nodes. Offsets from the server count Unicode code points; JavaScript's own strings count UTF-16 units.

import { h } from "./dom.js";

const BULLET = /^\s*[-*•]\s+/;
const HEADING = /^[ \t]*(#{1,6})[ \t]+/;
const ITEM = /^[ \t]*(?:[-*+•–▪◦]|\(?\d{1,3}[.)])[ \t]+/;
const ROW = /^[ \t]*\|.*\|[ \t]*$/;
const INLINE =
  /(\*\*)(?=\S)([^*\n]+?)(?<=\S)\*\*|(`)([^`\n]+)`|(?<![\w*])([*_])(?=\S)([^*_\n]+?)(?<=\S)\5(?![\w*])/g;
const LONG = 60000; // UTF-16 units; of a longer text only the surroundings of the cited words are shown
const AROUND = 8000;

/** Where the n-th code point of a text begins, in UTF-16 units. */
export function unitsAt(text, n) {
  let units = 0;
  for (const point of text) {
    if (n-- <= 0) break;
    units += point.length;
  }
  return units;
}

/** The text between two code points. */
export function slicePoints(text, start, end) {
  return text.slice(unitsAt(text, start), unitsAt(text, end));
}

/** An answer as its texts and, at the ends of its claims, the markers (numbers) that bear them out. */
export function piecesOf(answer) {
  const points = Array.from(answer.answer);
  const known = new Set(answer.citations.map((citation) => citation.marker));
  const pieces = [];
  let at = 0;
  for (const claim of [...answer.claims].sort((a, b) => a.start - b.start)) {
    if (claim.end < at) continue;
    pieces.push(points.slice(at, claim.end).join(""));
    at = claim.end;
    const marks = claim.markers.map((marker) => `[${marker}]`).join("");
    const begin = at + (points[at] === " " ? 1 : 0);
    if (!marks || points.slice(begin, begin + marks.length).join("") !== marks) continue;
    at = begin + marks.length;
    pieces.push(...claim.markers.filter((marker) => known.has(marker)));
  }
  pieces.push(points.slice(at).join(""));
  return pieces;
}

/** Paragraphs and lists of texts and markers; ``chip`` makes the node of a marker. */
export function proseOf(pieces, chip) {
  const lines = [[]];
  for (const piece of pieces) {
    if (typeof piece === "number") {
      lines.at(-1).push(piece);
      continue;
    }
    piece.split(/\r?\n/).forEach((line, i) => {
      if (i) lines.push([]);
      if (line) lines.at(-1).push(line);
    });
  }
  const nodes = [];
  let open = null;
  for (const line of lines) {
    const words = line.map((part) => (typeof part === "string" ? part : "")).join("");
    if (!line.length || (!words.trim() && !line.some((part) => typeof part === "number"))) {
      open = null;
    } else if (typeof line[0] === "string" && BULLET.test(line[0])) {
      if (!open || open.tagName !== "UL") nodes.push((open = h("ul", { dir: "auto" })));
      open.append(h("li", { dir: "auto" }, ...lineOf([line[0].replace(BULLET, ""), ...line.slice(1)], chip)));
    } else {
      if (open && open.tagName === "P") open.append(h("br"));
      else nodes.push((open = h("p", { dir: "auto" })));
      open.append(...lineOf(line, chip));
    }
  }
  return nodes;
}

/** A line's nodes; a chip is never alone on the next line, for it is tied to the word it stands behind. */
function lineOf(line, chip) {
  const nodes = [];
  let tied = null;
  for (const part of line) {
    if (typeof part === "string") {
      nodes.push(...coded(part));
      tied = null;
      continue;
    }
    if (!tied) {
      const before = typeof nodes.at(-1) === "string" ? nodes.pop() : "";
      const cut = before.search(/\S*$/);
      tied = h("span", { class: "tied" }, before.slice(cut));
      nodes.push(before.slice(0, cut), tied);
    }
    const marker = chip(part);
    if (marker) tied.append("\u202f", marker);
  }
  return nodes;
}

/** Words between backticks as code. */
export function coded(text) {
  return text.split(/`([^`]+)`/).map((part, i) => (i % 2 ? h("code", { text: part }) : part));
}

/**
 * A document's text as nodes, the characters from ``start`` to ``end`` (UTF-16 units) in mark elements.
 * Nothing is rewritten: Markdown's own characters are only hidden, so the marks hold exactly the cited words.
 * Returns the nodes and whether all of the text is there.
 */
export function pageOf(text, start, end) {
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
