// What the script tag does: defines the element once, and makes the launcher or the panel its attributes ask for.

import { EssayAssistant, NAME } from "./element.js";

const script = document.currentScript;

/** Whether this script already stands where it would be put: a script loaded twice makes one widget. */
function isThere(place, server, mode) {
  const all = mode === "launcher" ? document.querySelectorAll(NAME) : place.querySelectorAll(`:scope > ${NAME}`);
  return [...all].some((one) => one.dataset.server === server && one.dataset.mode === mode);
}

function make() {
  const { mode = "launcher", target } = script.dataset;
  if (mode === "none") return;
  const place = target ? document.querySelector(target) : document.body;
  if (!place) {
    console.warn(`essay-assistant: nothing on this page matches data-target="${target}"`);
    return;
  }
  const server = script.dataset.server || new URL(".", script.src).href;
  if ((mode === "launcher" || target) && isThere(place, server, mode)) return;
  const made = document.createElement(NAME);
  for (const [name, value] of Object.entries(script.dataset)) if (name !== "target") made.dataset[name] = value;
  Object.assign(made.dataset, { server, mode });
  if (mode === "inline" && !target && script.isConnected && document.body.contains(script)) script.after(made);
  else place.append(made);
}

if (!customElements.get(NAME)) customElements.define(NAME, EssayAssistant);
if (script) {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", make);
  else make();
}
