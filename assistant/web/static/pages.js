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

// The library: files dropped on the form are sent at once, and an import is watched until it answers.
const form = document.querySelector(".drop");
for (const type of ["dragover", "dragleave", "drop"]) {
  form?.addEventListener(type, (event) => {
    event.preventDefault();
    form.classList.toggle("over", type === "dragover");
    if (type !== "drop" || !event.dataTransfer.files.length) return;
    form.elements.file.files = event.dataTransfer.files;
    form.requestSubmit();
  });
}
form?.addEventListener("submit", () => {
  form.querySelector("button").disabled = true;
  form.querySelector("button").textContent = "Sending …";
});
const LOOK_AGAIN = 1_500; // milliseconds
const look = async () => {
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const [now, here] = [page, document].map((each) => each.querySelector(".import"));
    if (!page.querySelector("[data-pending]")) return location.reload();
    if (now && here && now.innerHTML !== here.innerHTML) here.replaceWith(now);
  } catch {
    // The server is away: it is asked again.
  }
  setTimeout(look, LOOK_AGAIN);
};
if (document.querySelector("[data-pending]")) setTimeout(look, LOOK_AGAIN);
