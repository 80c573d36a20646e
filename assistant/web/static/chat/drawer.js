// Earlier conversations, in a drawer: open one, delete one, delete all.
import { el, say } from "./dom.js";
import { press } from "./page.js";
import { conversations, current, find, mentions, remove, removeAll, rename } from "./storage.js";
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
const search = el("input", { type: "search", class: "search", "aria-label": "Search the conversations", placeholder: "Search", autocomplete: "off", oninput: () => render() });
const foot = el("div", { class: "ends" });
const closer = el("button", { type: "button", class: "close", "aria-label": "Close the history" });
closer.innerHTML = '<svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" aria-hidden="true"><path d="M3.5 3.5l9 9M12.5 3.5l-9 9"/></svg>';
const dialog = el("dialog", { id: "history", "aria-labelledby": "history-title" },
  el("div", { class: "bar" }, el("h2", { id: "history-title" }, "Earlier conversations"), closer), search, list, foot);
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

/** In place of a conversation's title, a box with it: Enter keeps what it says, Escape the title that was. */
const retitle = (row, id, title) => {
  const box = el("input", { class: "retitle", "aria-label": "Title", value: title, maxlength: "120", dir: "auto" });
  const end = (keep) => {
    if (!box.isConnected) return;
    if (keep) rename(id, box.value);
    render();
    list.querySelector(`[data-id="${id}"] .rename`)?.focus();
  };
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault(); // the drawer stays open, and the pen that gets the focus isn't pressed
    end(event.key === "Enter");
  });
  box.addEventListener("blur", () => end(true));
  row.replaceChildren(box);
  box.select();
};

const item = ({ id, title, at, exchanges }) => {
  const many = `${exchanges.length} ${exchanges.length === 1 ? "question" : "questions"}`;
  const open = el("button", { type: "button", class: "talk", "aria-current": id === current() ? "true" : null, onclick: () => reopen(id) },
    el("span", { class: "title", dir: "auto" }, title), el("span", { class: "when" }, `${many} · ${when(at)}`));
  const trash = el("button", { type: "button", class: "delete", "aria-label": `Delete “${title}”`, title: "Delete", onclick: () => forget(id) });
  trash.innerHTML = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2.8 4.2h10.4M6.3 4V2.6h3.4V4M4.2 4.4l.6 9h6.4l.6-9M6.7 7v4M9.3 7v4"/></svg>';
  const pen = el("button", { type: "button", class: "rename", "aria-label": `Rename “${title}”`, title: "Rename", onclick: () => retitle(row, id, title) });
  pen.innerHTML = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M10.6 2.9l2.5 2.5-7.400 7.400-3 .500.500-3zM9.200 4.300l2.500 2.500"/></svg>';
  const row = el("li", { "data-id": id }, open, pen, trash);
  return row;
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
  const found = search.value.trim() ? all.filter((each) => mentions(each, search.value.trim())) : all;
  search.hidden = all.length < 2 && !search.value;
  list.replaceChildren(...(found.length || !all.length ? found.map(item) : [el("li", { class: "none" }, "None of them mentions this.")]));
  list.hidden = all.length === 0;
  foot.replaceChildren(el("p", {}, whereKept(all.length > 0)), ...(all.length ? [deleteAll(all.length)] : []));
};

export const openDrawer = () => {
  search.value = "";
  render();
  dialog.showModal();
};
