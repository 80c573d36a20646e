// The source reader: the view a document is opened in. What fills it is page.js, which comes with the first document.

import { h, iconButton } from "./dom.js";

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
