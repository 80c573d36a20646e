// Small helpers: making elements, saying something to a screen reader, the clipboard.

/** An element: `el("button", { class: "x", onclick: f }, "text", child)`. Text is always text, never markup. */
export const el = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
};

const spoken = el("div", { class: "sr-only", role: "status", id: "spoken" });
document.body.append(spoken);

/** Lets a screen reader hear a sentence. */
export const say = (sentence) => {
  spoken.textContent = sentence;
};

/** Puts text on the clipboard; also where the page came without https. */
export const copy = async (text) => {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = el("textarea", { class: "sr-only", "aria-hidden": "true" });
  const before = document.activeElement;
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus({ preventScroll: true });
  if (!done) throw new Error("The browser does not let the page copy.");
};

/** Copies, and tells on the button whether it worked. */
export const copyWith = async (button, text, told) => {
  const label = button.dataset.label ?? button.textContent;
  button.dataset.label = label;
  try {
    await copy(text);
    button.textContent = "Copied";
    button.dataset.done = "true";
    say(told);
  } catch {
    button.textContent = "Can't copy";
    say("The browser does not let the page copy.");
  }
  clearTimeout(Number(button.dataset.timer));
  button.dataset.timer = String(setTimeout(() => {
    button.textContent = label;
    delete button.dataset.done;
  }, 1800));
};
