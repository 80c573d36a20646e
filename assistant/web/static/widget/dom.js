// Nodes are built one by one: no text of a question, a model or a document is ever parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

// Lines of 24 x 24 drawings, stroked in the colour of the text around them.
const ICONS = {
  ask: ["M4.5 6.5a3 3 0 0 1 3-3h9a3 3 0 0 1 3 3v6.5a3 3 0 0 1-3 3H11l-4.5 4v-4.1a3 3 0 0 1-2-2.9z", "M8.5 8.2h7M8.5 11.4h4.5"],
  close: ["M6.5 6.5l11 11M17.5 6.5l-11 11"],
  down: ["M6 9.5l6 6 6-6"],
  fresh: ["M12.5 4.5H7A2.5 2.5 0 0 0 4.5 7v10A2.5 2.5 0 0 0 7 19.5h10a2.5 2.5 0 0 0 2.5-2.5v-5.5", "M10 14l.6-2.7 7.6-7.6 2.1 2.1-7.6 7.6z"],
  send: ["M12 19V5.5M6 11l6-6 6 6"],
  back: ["M14.5 5.5L8 12l6.5 6.5"],
  copy: ["M9 9h8.5a1.5 1.5 0 0 1 1.5 1.5V19a1.5 1.5 0 0 1-1.5 1.5H9A1.5 1.5 0 0 1 7.5 19v-8.5A1.5 1.5 0 0 1 9 9z", "M15.5 6V5A1.5 1.5 0 0 0 14 3.5H5.5A1.5 1.5 0 0 0 4 5v8.5A1.5 1.5 0 0 0 5.5 15"],
  done: ["M5.5 12.5l4.300 4.300 8.700-9.300"],
  link: ["M10 14a4 4 0 0 0 5.700.2l2.600-2.600a4 4 0 0 0-5.700-5.700l-1.200 1.200", "M14 10a4 4 0 0 0-5.700-.2l-2.600 2.600a4 4 0 0 0 5.700 5.700l1.200-1.200"],
  out: ["M13.5 5h5.5v5.5M19 5l-8 8M10 6H7.5A2.5 2.5 0 0 0 5 8.5v8A2.5 2.5 0 0 0 7.5 19h8a2.5 2.5 0 0 0 2.5-2.5V14"],
  again: ["M19 12.500a7 7 0 1 1-2-5.500l2 2M19 4.500V9h-4.500"],
  edit: ["M5 19l1-4.500L16 4.500a2 2 0 0 1 3 3L8.500 18z"],
  good: ["M7.5 10.5v9H5a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1zM7.5 10.5l3.700-6.300a2 2 0 0 1 2.600 2.100L13.300 10h4.900a1.800 1.800 0 0 1 1.800 2.200l-1.300 5.800a2 2 0 0 1-2 1.5H7.5"],
};

/** An element: h("button", {type: "button", text: "Go", onclick: go}, child, …). Children that are nothing are left out. */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

/** A drawing beside or instead of words; a screen reader passes over it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const line of ICONS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}

/** A button that shows a drawing and says a label. */
export function iconButton(name, label, props) {
  return h("button", { type: "button", class: "icon", "aria-label": label, title: label, ...props }, icon(name));
}

/** The address where it is one of the web and may become a link, else null. */
export function webAddress(text) {
  try {
    const address = new URL(text);
    return /^https?:$/.test(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}

/** What the parts that are loaded later are given, and give. */
export const SHARED = {};
