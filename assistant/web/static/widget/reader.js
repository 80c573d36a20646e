// The source reader: a document inside the panel, opened at the cited words.

import { h, icon, iconButton, webAddress } from "./dom.js";
import { pageOf, slicePoints, unitsAt } from "./prose.js";

/** The permalink of cited words; with the text's hash, so that a later reader learns of a change. */
export function permalink(base, source, corpus, sha256) {
  const address = new URL(`read/${encodeURIComponent(source.source_id)}`, base);
  address.searchParams.set("start", source.start);
  address.searchParams.set("end", source.end);
  if (sha256) address.searchParams.set("sha256", sha256);
  if (corpus) address.searchParams.set("corpus", corpus);
  address.hash = "cited";
  return address.href;
}

/** The reader's view. ``act``: back, and close, which is null where the panel can't be closed. */
export function readerView(texts, act) {
  const title = h("h2", { dir: "auto" });
  const by = h("p", { class: "by", dir: "auto" });
  const page = h("div", { class: "page", tabindex: "0", role: "region" });
  const links = h("footer", { class: "links" });
  const back = iconButton("back", texts.back, { onclick: act.back });
  const bar = h("header", { class: "bar" }, back, h("div", { class: "title" }, title, by), act.close && iconButton("close", texts.close, { onclick: act.close }));
  const view = { node: h("div", { class: "view reader", hidden: true }, bar, page, links), back, title, by, page, links };
  return { ...view, begin: () => begin(view, texts) };
}

/** While the document is fetched. */
function begin(view, texts) {
  view.title.textContent = texts.opening;
  view.by.textContent = "";
  view.page.setAttribute("aria-label", texts.opening);
  view.page.replaceChildren(h("p", { class: "quiet", role: "status", text: texts.opening }));
  view.links.replaceChildren();
}

/** Fills the view with a document, the cited words marked and in sight; ``address`` is their permalink. */
export function showSource(view, found, cited, texts, address, copied) {
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
