// Opens the source reader beside the chat (over it on a phone) when a citation is followed.
"use strict";
(() => {
  const wide = window.matchMedia("(min-width: 900px)");
  const dialog = document.createElement("dialog");
  dialog.id = "reader";
  dialog.setAttribute("aria-labelledby", "reader-title");
  dialog.innerHTML = `
    <div class="bar">
      <h2 id="reader-title">Source</h2>
      <a target="_blank" rel="noopener">Open in a tab</a>
      <button type="button" aria-label="Close the source">
        <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" aria-hidden="true"><path d="M3.5 3.5l9 9M12.5 3.5l-9 9"/></svg>
      </button>
    </div>
    <iframe title="The source, opened at the cited words"></iframe>`;
  const frame = dialog.querySelector("iframe");
  const alone = dialog.querySelector("a");
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
  const point = (link) => {
    for (const other of document.querySelectorAll("a.reads[aria-current]")) other.removeAttribute("aria-current");
    if (!link) return;
    const address = link.getAttribute("href");
    for (const same of document.querySelectorAll("a.reads")) {
      if (same.getAttribute("href") === address) same.setAttribute("aria-current", "true");
    }
  };
  const open = (link) => {
    opener = link;
    // Replacing keeps the browser's back button for the chat itself.
    frame.contentWindow.location.replace(link.href);
    alone.href = link.href;
    point(link);
    show();
    dialog.querySelector("button").focus({ preventScroll: true });
  };
  const close = () => dialog.open && dialog.close();
  const onKey = (event) => {
    if (event.key === "Escape") close();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a.reads");
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link);
  });
  document.addEventListener("keydown", onKey);
  dialog.querySelector("button").addEventListener("click", close);
  dialog.addEventListener("click", (event) => event.target === dialog && close());
  dialog.addEventListener("close", () => {
    if (turning) return;
    if (backCloses) {
      backCloses = false;
      history.back();
    }
    document.body.classList.remove("reading");
    point(null);
    if (opener?.isConnected) opener.focus({ preventScroll: true });
  });
  window.addEventListener("popstate", () => {
    backCloses = false;
    close();
  });
  frame.addEventListener("load", () => {
    const inside = frame.contentDocument;
    dialog.querySelector("h2").textContent = inside.title || "Source";
    inside.documentElement.dataset.theme = document.body.classList.contains("dark") ? "dark" : "light";
    inside.addEventListener("keydown", onKey);
  });
  wide.addEventListener("change", () => {
    if (!dialog.open) return;
    turning = true;
    dialog.addEventListener("close", () => { turning = false; show(); }, { once: true });
    dialog.close();
  });

  // Gradio labels a message with its source text, tags and all, and the box's buttons not at all.
  const LABELS = { user: "You asked", bot: "Answer", "submit-button": "Send", "stop-button": "Stop" };
  const relabel = () => {
    for (const [part, label] of Object.entries(LABELS)) {
      for (const element of document.querySelectorAll(`:is(#chat, #question) [data-testid="${part}"]`)) {
        if (element.getAttribute("aria-label") !== label) element.setAttribute("aria-label", label);
      }
    }
    for (const words of document.querySelectorAll("#question textarea, #chat button.option, .example")) words.dir = "auto";
  };
  // A new question moves to the top, so that its answer is read from its first word; below stays room for that.
  let asked = 0;
  const follow = () => {
    const rows = document.querySelectorAll("#chat .user-row");
    const newest = rows[rows.length - 1];
    if (newest) {
      const talk = newest.parentElement;
      const used = talk.lastElementChild.getBoundingClientRect().bottom - newest.getBoundingClientRect().top;
      const room = rows.length > 1 ? talk.parentElement.clientHeight - used - 20 : 0;
      talk.style.setProperty("--room", `${Math.max(0, room)}px`);
      if (rows.length > asked) newest.scrollIntoView({ block: "start" });
    }
    asked = rows.length;
  };
  const start = () => {
    document.body.append(dialog);
    new MutationObserver(() => { relabel(); follow(); }).observe(document.body, {
      subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label"],
    });
  };
  document.body ? start() : document.addEventListener("DOMContentLoaded", start);
})();
