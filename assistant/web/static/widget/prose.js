// Texts as nodes. Offsets from the server count Unicode code points; JavaScript's own strings count UTF-16 units.

import { h } from "./dom.js";

const BULLET = /^\s*[-*•]\s+/;

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
    } else if (typeof line[0] === "string" && /^\|/.test(line[0])) {
      if (open?.tagName !== "TABLE") nodes.push(h("div", { class: "wide" }, (open = h("table", {}))));
      if (!/^[|\s:-]+$/.test(words)) open.append(h("tr", {}, ...cellsOf(line, chip).map((cell) => h("td", { dir: "auto" }, ...cell))));
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

/** The cells of a table's row, each its nodes. */
function cellsOf(line, chip) {
  const cells = [[]];
  for (const part of line) {
    if (typeof part === "number") cells.at(-1).push(part);
    else part.split("|").forEach((text, i) => (i ? cells.push([text.trim()]) : cells.at(-1).push(text.trim())));
  }
  return cells.slice(1, -1).map((cell) => lineOf(cell, chip));
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
