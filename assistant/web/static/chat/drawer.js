// Earlier conversations, in a drawer: open one, delete one, delete all.
import { el, say } from "./dom.js";
import { press } from "./page.js";
import { conversations, current, find, remove, removeAll } from "./storage.js";
import { takeUp } from "./keeping.js";
import { deleteThere, whereKept } from "./onserver.js";

const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]];
const when = (at) => {
  const [unit, size] = UNITS.find(([, length]) => Date.now() - at >= length) ?? [];
  return unit ? ago.format(-Math.floor((Date.now() - at) / size), unit) : "just now";
};

const LEFT = "Deleted in this browser, but the server could not be told to delete its copy. Ask its operator to.";
const list = el("ul", { class: "talks" });
const foot = el("div", { class: "ends" });
const closer = el("button", { type: "button", class: "close", "aria-label": "Close the history" });
closer.innerHTML = '<svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" aria-hidden="true"><path d="M3.5 3.5l9 9M12.5 3.5l-9 9"/></svg>';
const dialog = el("dialog", { id: "history", "aria-labelledby": "history-title" },
  el("div", { class: "bar" }, el("h2", { id: "history-title" }, "Earlier conversations"), closer), list, foot);
document.body.append(dialog);
closer.addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

const told = (done, sentence) => {
  say(done ? sentence : LEFT);
  if (!done) foot.append(el("p", { class: "left" }, LEFT));
};
const forget = async (id) => {
  const gone = [find(id)].filter(Boolean);
  if (id === current()) press("new-chat");
  remove(id);
  render();
  (list.querySelector("button") ?? closer).focus();
  told(await deleteThere(gone), "Deleted.");
};
const reopen = (id) => {
  dialog.close();
  const conversation = find(id);
  if (conversation && id !== current()) takeUp(conversation);
};

const item = ({ id, title, at, exchanges }) => {
  const many = `${exchanges.length} ${exchanges.length === 1 ? "question" : "questions"}`;
  const open = el("button", { type: "button", class: "talk", "aria-current": id === current() ? "true" : null, onclick: () => reopen(id) },
    el("span", { class: "title", dir: "auto" }, title), el("span", { class: "when" }, `${many} · ${when(at)}`));
  const trash = el("button", { type: "button", class: "delete", "aria-label": `Delete “${title}”`, title: "Delete", onclick: () => forget(id) });
  trash.innerHTML = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2.8 4.2h10.4M6.3 4V2.6h3.4V4M4.2 4.4l.6 9h6.4l.6-9M6.7 7v4M9.3 7v4"/></svg>';
  return el("li", {}, open, trash);
};

const deleteAll = (many) => {
  const button = el("button", { type: "button", class: "delete-all" }, "Delete all");
  button.addEventListener("click", async () => {
    if (!button.classList.contains("sure")) {
      button.classList.add("sure");
      button.textContent = many === 1 ? "Delete it for good?" : `Delete all ${many} for good?`;
      return;
    }
    const gone = conversations();
    if (current()) press("new-chat");
    removeAll();
    render();
    closer.focus();
    told(await deleteThere(gone), "All conversations were deleted.");
  });
  return button;
};

const render = () => {
  const all = conversations();
  list.replaceChildren(...all.map(item));
  list.hidden = all.length === 0;
  foot.replaceChildren(el("p", {}, whereKept(all.length > 0)), ...(all.length ? [deleteAll(all.length)] : []));
};

export const openDrawer = () => {
  render();
  dialog.showModal();
};
