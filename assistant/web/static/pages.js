"use strict";
// What the pages add where scripts run. All of them work without.

// Between the citations of an answer: n and p, and in a frame without an entry of its own in the browser's history.
const TURNED = "essay-assistant.turned";
const framed = window.parent !== window;
const turn = (link) => {
  try {
    sessionStorage.setItem(TURNED, link.rel || "stop");
  } catch {
    // Without storage the focus begins at the top again.
  }
  framed ? window.location.replace(link.href) : window.location.assign(link.href);
};
document.addEventListener("click", (event) => {
  const link = event.target.closest(".tour a[href]");
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  turn(link);
});
document.addEventListener("keydown", (event) => {
  const rel = { n: "next", p: "prev" }[event.key];
  if (!rel || event.metaKey || event.ctrlKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const link = document.querySelector(`.tour a[rel="${rel}"][href]`);
  if (link) turn(link);
});
const shown = document.querySelector(".tour .stop[aria-current]");
shown?.scrollIntoView({ block: "nearest", inline: "center" });
try {
  const rel = sessionStorage.getItem(TURNED);
  sessionStorage.removeItem(TURNED);
  if (rel) (document.querySelector(`.tour a[rel="${rel}"][href]`) ?? shown)?.focus({ preventScroll: true });
} catch {
  // As above.
}
