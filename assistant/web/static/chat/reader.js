// Opens the source reader beside the chat (over it on a phone) when a citation is followed.
import { copyWith } from "./dom.js";
import { write } from "./page.js";
import { returnTo } from "./peek.js";
import { absolute } from "./records.js";

const wide = window.matchMedia("(min-width: 900px)");
const dialog = document.createElement("dialog");
dialog.id = "reader";
dialog.setAttribute("aria-labelledby", "reader-title");
dialog.innerHTML = `
  <div class="bar">
    <h2 id="reader-title">Source</h2>
    <button type="button" class="link" title="Copy link">Copy link</button>
    <a class="alone" target="_blank" rel="noopener" title="Open in a tab">Open in a tab</a>
    <button type="button" class="close" aria-label="Close the source">
      <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" aria-hidden="true"><path d="M3.5 3.5l9 9M12.5 3.5l-9 9"/></svg>
    </button>
  </div>
  <iframe title="The source, opened at the cited words"></iframe>`;
const frame = dialog.querySelector("iframe");
const alone = dialog.querySelector("a");
const closer = dialog.querySelector(".close");
let opener = null;
let turning = false; // the window is changing its width, and the panel its place
let backCloses = false; // over the chat, the panel has an entry of its own in the browser's history

const show = () => {
  if (dialog.open) return;
  wide.matches ? dialog.show() : dialog.showModal();
  document.body.classList.add("reading");
  if (!wide.matches && !backCloses) {
    history.pushState({ reading: true }, "");
    backCloses = true;
  }
};
/** Mark the links that lead to an address: what is read beside them. */
const point = (address) => {
  for (const link of document.querySelectorAll("a.reads")) {
    address && link.href === address ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
  }
};
const open = (link) => {
  opener = link;
  // Replacing keeps the browser's back button for the chat itself.
  frame.contentWindow.location.replace(link.href);
  show();
  closer.focus({ preventScroll: true });
};
const close = () => dialog.open && dialog.close();
const onKey = (event) => {
  if (event.key === "Escape") close();
};
const onClose = () => {
  if (turning) return;
  if (backCloses) {
    backCloses = false;
    history.back();
  }
  document.body.classList.remove("reading");
  point(null);
  if (opener?.isConnected) returnTo(opener);
};
const onLoad = () => {
  const inside = frame.contentDocument;
  alone.href = frame.contentWindow.location.href; // the reader's own links lead from citation to citation
  point(alone.href);
  dialog.querySelector("h2").textContent = inside.title || "Source";
  inside.documentElement.dataset.framed = "";
  inside.addEventListener("keydown", onKey);
  inside.querySelector("a.ask")?.addEventListener("click", (event) => {
    event.preventDefault(); // the question goes into the box beside it, to be changed or sent
    const { question } = event.currentTarget.dataset;
    if (!wide.matches) close();
    write("question", question);
    document.querySelector("#question textarea")?.focus();
  });
  // The text takes the focus, so that arrow keys scroll it, unless the person has gone elsewhere while it loaded.
  if (document.activeElement === closer) frame.focus({ preventScroll: true });
};

/** From now on a link to cited words opens the panel. */
export const startReader = () => {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a.reads");
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link);
  });
  document.addEventListener("keydown", onKey);
  closer.addEventListener("click", close);
  dialog.querySelector(".link").addEventListener("click", (event) => {
    copyWith(event.currentTarget, absolute(alone.href.slice(new URL(".", document.baseURI).href.length)), "The link to the cited words was copied.");
  });
  dialog.addEventListener("click", (event) => event.target === dialog && close());
  dialog.addEventListener("close", onClose);
  window.addEventListener("popstate", () => {
    backCloses = false;
    close();
  });
  frame.addEventListener("load", onLoad);
  wide.addEventListener("change", () => {
    if (!dialog.open) return;
    turning = true;
    dialog.addEventListener("close", () => { turning = false; show(); }, { once: true });
    dialog.close();
  });
  document.body.append(dialog);
};
