// A look at the cited words, over the number that stands for them: by mouse and by keyboard.
import { el } from "./dom.js";
import { recordOf } from "./records.js";

const COMES = 140; // milliseconds
const GOES = 160;
const box = el("div", { id: "peek", role: "tooltip", hidden: true });
document.body.append(box);
let over = null;
let timer = 0;

const place = (chip) => {
  const at = chip.getClientRects()[0] ?? chip.getBoundingClientRect();
  const size = box.getBoundingClientRect();
  const left = Math.min(Math.max(12, at.left + at.width / 2 - size.width / 2), window.innerWidth - size.width - 12);
  const above = at.top - size.height - 8;
  box.style.left = `${Math.max(12, left)}px`;
  box.style.top = `${above > 8 ? above : at.bottom + 8}px`;
};
const show = (chip) => {
  const reply = chip.closest(".reply");
  const cited = recordOf(reply)?.answer?.citations?.find((citation) => String(citation.marker) === chip.textContent.trim());
  if (!cited) return;
  const where = [...reply.querySelectorAll("a.source")].find((source) => source.getAttribute("href") === chip.getAttribute("href"));
  const words = where?.querySelector(".words");
  box.replaceChildren(
    el("p", { class: "words" }, ...(words ? [...words.cloneNode(true).childNodes] : [el("q", { dir: "auto" }, cited.quote)])),
    el("span", { class: "where", dir: "auto" }, where?.querySelector(".where")?.textContent ?? cited.title),
  );
  over?.removeAttribute("aria-describedby");
  over = chip;
  box.hidden = false;
  chip.setAttribute("aria-describedby", "peek");
  place(chip);
};
const hide = () => {
  clearTimeout(timer);
  over?.removeAttribute("aria-describedby");
  over = null;
  box.hidden = true;
};
const soon = (work, wait) => {
  clearTimeout(timer);
  timer = setTimeout(work, wait);
};
const chipAt = (event) => event.target.closest?.("a.cite");

/** Bring the focus back to a link; a closing panel may have done so already, which showed its words again. */
export const returnTo = (link) => {
  link.focus({ preventScroll: true });
  hide();
};

document.addEventListener("pointerover", (event) => {
  if (event.pointerType !== "mouse") return;
  const chip = chipAt(event);
  if (chip) soon(() => show(chip), COMES);
  else if (event.target.closest?.("#peek")) clearTimeout(timer);
  else soon(hide, GOES);
});
document.addEventListener("focusin", (event) => {
  const chip = chipAt(event);
  if (chip && chip.matches(":focus-visible")) show(chip);
  else if (over && !chip) hide();
});
document.addEventListener("focusout", (event) => chipAt(event) && hide());
document.addEventListener("click", (event) => chipAt(event) && hide());
// A number that gets the focus scrolls into view: its words go with it.
document.addEventListener("scroll", () => {
  if (!over) return;
  const at = over.getBoundingClientRect();
  at.bottom < 0 || at.top > window.innerHeight ? hide() : place(over);
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || box.hidden) return;
  event.stopPropagation(); // the source panel closes with the next one
  hide();
}, true);
