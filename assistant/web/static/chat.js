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

  const show = () => {
    if (dialog.open) return;
    wide.matches ? dialog.show() : dialog.showModal();
    document.body.classList.add("reading");
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
    document.body.classList.remove("reading");
    point(null);
    if (opener?.isConnected) opener.focus({ preventScroll: true });
  });
  frame.addEventListener("load", () => {
    const inside = frame.contentDocument;
    dialog.querySelector("h2").textContent = inside.title || "Source";
    inside.documentElement.dataset.theme = document.body.classList.contains("dark") ? "dark" : "light";
    inside.addEventListener("keydown", onKey);
  });
  wide.addEventListener("change", () => {
    if (!dialog.open) return;
    const kept = opener;
    opener = null;
    dialog.addEventListener("close", () => { opener = kept; point(kept); show(); }, { once: true });
    dialog.close();
  });

  // Gradio labels a message with its source text, tags and all; a screen reader needs to hear who speaks.
  const relabel = () => {
    for (const [who, label] of [["user", "You asked"], ["bot", "Answer"]]) {
      for (const said of document.querySelectorAll(`#chat [data-testid="${who}"]`)) {
        if (said.getAttribute("aria-label") !== label) said.setAttribute("aria-label", label);
      }
    }
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
