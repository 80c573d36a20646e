// <essay-assistant>: a launcher with a panel, or a panel in place, in a shadow root of its own.

import { colours } from "./colours.js";
import { SHARED, h, icon, iconButton, webAddress } from "./dom.js";
import { Memory } from "./memory.js";
import { permalink, readerView } from "./reader.js";
import { slicePoints, unitsAt } from "./prose.js";
import { STYLES } from "./styles.js";
import { Talk } from "./talk.js";
import { LANGUAGES, TEXTS, examplesOf, fill, textsOf } from "./texts.js";
import { whereOf } from "./answer.js";
import { Wire } from "./wire.js";

export const NAME = "essay-assistant";
const ATTRIBUTES = ["server", "mode", "token-url", "lang", "texts", "title", "placeholder", "theme", "accent", "position", "open", "model", "corpus", "feedback", "examples"];
const LOOKS = new Set(["theme", "accent", "position"]);
const PHONE = "(max-width: 520px), (max-height: 420px)";
let sheet = null;

Object.assign(SHARED, { TEXTS, fill, h, icon, webAddress, slicePoints, unitsAt });

export class EssayAssistant extends HTMLElement {
  static shared = SHARED;
  static observedAttributes = ATTRIBUTES.flatMap((name) => [name, `data-${name}`]);
  #root = this.attachShadow({ mode: "open" });
  #wire = new Wire(this);
  #schemes = matchMedia("(prefers-color-scheme: dark)");
  #phone = matchMedia(PHONE);
  #onLook = () => this.#look();
  #onPhone = () => this.#fitPhone();
  #parts = null;
  #opener = null;
  #previewTimer = 0;
  #silent = false; // focus is being put back, which is no wish to see a preview

  /** Asked for a token before the first question, and again (true) when one is over: (again) => Promise<string>. */
  tokenProvider = null;

  /** A token the page has already. */
  set token(token) {
    this.#wire.token = token;
  }

  get base() {
    try {
      const base = new URL(this.setting("server") ?? "", document.baseURI);
      if (!base.pathname.endsWith("/")) base.pathname += "/";
      base.search = base.hash = "";
      return this.setting("server") !== null && /^https?:$/.test(base.protocol) ? base : null;
    } catch {
      return null;
    }
  }

  get tokenUrl() {
    return this.setting("token-url");
  }

  get texts() {
    const lang = this.setting("lang") || document.documentElement.lang || "en";
    const own = this.#json("texts") || {};
    if (this.setting("title")) own.title = this.setting("title");
    if (this.setting("placeholder")) own.placeholder = this.setting("placeholder");
    return textsOf(lang, own);
  }

  get isLauncher() {
    return this.setting("mode") === "launcher";
  }

  get isOpen() {
    return !this.isLauncher || Boolean(this.#parts && !this.#parts.panel.hidden);
  }

  /** The value of data-NAME or NAME; null where neither is set. */
  setting(name) {
    return this.getAttribute(`data-${name}`) ?? this.getAttribute(name);
  }

  connectedCallback() {
    if (!this.#parts) this.#build();
    this.#speak();
    this.#schemes.addEventListener("change", this.#onLook);
    this.#phone.addEventListener("change", this.#onPhone);
    window.visualViewport?.addEventListener("resize", this.#onPhone);
    this.#rise();
    this.#look();
  }

  disconnectedCallback() {
    this.#schemes.removeEventListener("change", this.#onLook);
    this.#phone.removeEventListener("change", this.#onPhone);
    window.visualViewport?.removeEventListener("resize", this.#onPhone);
    // Moved within the page, it goes on; taken out, it ends what it has begun.
    queueMicrotask(() => this.isConnected || this.#parts.talk.stop());
  }

  attributeChangedCallback(attribute, before, after) {
    if (!this.#parts || before === after) return;
    const name = attribute.replace(/^data-/, "");
    if (LOOKS.has(name)) this.#look();
    if (["lang", "texts", "title", "placeholder", "mode", "examples"].includes(name)) this.#rebuild();
    if (name === "lang") this.#speak();
  }

  /** Opens the panel of a launcher and goes to the question's box. */
  open({ focus = true } = {}) {
    const { panel, launcher, talk } = this.#parts;
    if (panel.hidden) {
      panel.hidden = false;
      launcher.setAttribute("aria-expanded", "true");
      this.#parts.stage.classList.add("opened");
      this.#fitPhone();
      this.#tell("open");
    }
    if (focus) (this.#phone.matches ? panel : talk.box).focus({ preventScroll: true });
  }

  /** Closes the panel of a launcher; the conversation stays. */
  close() {
    if (!this.isLauncher || this.#parts.panel.hidden) return;
    this.#hidePreview();
    this.#closeReader({ focus: false });
    const { panel, launcher, stage } = this.#parts;
    const had = panel.contains(this.#root.activeElement);
    panel.hidden = true;
    stage.classList.remove("opened");
    launcher.setAttribute("aria-expanded", "false");
    if (had) launcher.focus({ preventScroll: true });
    this.#tell("close");
  }

  /** Asks as if the person had. Resolves to the answer; null where there was none. */
  ask(question) {
    if (this.isLauncher) this.open({ focus: false });
    this.#closeReader({ focus: false });
    return this.#parts.talk.ask(String(question));
  }

  /** Forgets the conversation, as a page asks when somebody signs out. */
  forget() {
    this.#parts.talk.begin({ focus: false });
  }

  /** Goes on in the page's language once its texts are there. */
  async #speak() {
    const lang = (this.setting("lang") || document.documentElement.lang).toLowerCase().split("-")[0];
    if (!LANGUAGES.includes(lang) || TEXTS[lang]) return;
    await this.#wire.part(lang).catch(() => {}); // then it speaks English
    if (TEXTS[lang] && !this.#parts.talk.busy) this.#rebuild();
  }

  get #memory() {
    return new Memory([this.base, this.setting("corpus"), this.setting("mode")].join(" "));
  }

  /** What the browser kept comes back, to the same person only; for another, or after a sign-out, it is deleted. */
  async #remember(talk) {
    const kept = this.#memory.read();
    if (!kept) return;
    try {
      const who = await this.#wire.who();
      if (who !== kept.who) this.#memory.write({ turns: [] });
      else if (!talk.said.length && !talk.busy) await talk.restore(kept);
    } catch ({ status }) {
      if (status === 401 || status === 403) this.#memory.write({ turns: [] });
    }
  }

  #keep(what) {
    const who = this.#wire.person;
    if (who !== null || !what.turns.length) this.#memory.write({ ...what, draft: who === null ? "" : what.draft, who });
  }

  /** The full page in a tab of its own, which asks for the conversation once it is there. */
  #full(said) {
    const { base } = this;
    const page = window.open(base);
    addEventListener("message", ({ origin, source, data }) => {
      if (origin !== base.origin || source !== page || data?.type !== "essay-assistant:conversation-wanted") return;
      page.postMessage({ type: "essay-assistant:conversation", corpus: this.setting("corpus"), said }, base.origin);
    });
  }

  /** The advisor's page with a case filled in; null where people come with tokens, which open no page. */
  #advisor({ said, facts }) {
    if (this.#wire.renewable) return null;
    const address = new URL("advise", this.base);
    address.searchParams.set("text", said.slice(0, 2000));
    for (const { field, values } of facts) for (const value of values) address.searchParams.append(field, value);
    return address.href;
  }

  #build() {
    const { texts } = this;
    const launcher = this.isLauncher;
    const talk = new Talk({
      texts, examples: examplesOf(this.#json("examples")), feedback: this.setting("feedback") !== "off", wire: this.#wire,
      setting: (name) => this.setting(name), tell: (name, detail) => this.#tell(name, detail), copy: (...words) => this.#copy(...words),
      read: (source, opener) => this.#read(source, opener), preview: (source, chip) => this.#preview(source, chip),
      leave: () => this.#leave(), close: launcher ? () => this.close() : null,
      keep: (what) => this.#keep(what), full: (said) => this.#full(said), open: () => !this.#wire.renewable, advisor: (it) => this.#advisor(it),
      addressOf: (source) => permalink(this.base, source, this.setting("corpus")),
    });
    const reader = readerView(texts, {
      back: () => this.#closeReader(), close: launcher ? () => this.close() : null,
    });
    const preview = h("div", { class: "preview", role: "tooltip", id: "preview", hidden: true });
    preview.addEventListener("pointerenter", () => clearTimeout(this.#previewTimer));
    preview.addEventListener("pointerleave", () => this.#leave());
    const panel = h("section", { class: "panel", tabindex: "-1", "aria-label": texts.title, role: launcher ? "dialog" : "region", hidden: launcher }, talk.view, reader.node, preview, talk.status);
    const button = launcher && h("button", { type: "button", class: "launcher", "aria-label": texts.launch, "aria-expanded": "false", "aria-haspopup": "dialog", onclick: () => (this.isOpen ? this.close() : this.open()) }, icon("ask"), icon("down"));
    const stage = h("div", { class: `stage ${launcher ? "floating" : "inline"}` }, panel, launcher ? button : null);
    for (const kind of ["keydown", "keyup", "keypress"]) {
      // The page's own shortcuts see only the element, not the box that is typed in.
      stage.addEventListener(kind, (event) => {
        if (kind === "keydown") this.#onKey(event);
        event.stopPropagation();
      });
    }
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLES);
    }
    this.#root.adoptedStyleSheets = [sheet];
    this.#root.replaceChildren(stage);
    this.#parts = { stage, panel, launcher: button, talk, reader, preview };
    queueMicrotask(() => this.#remember(talk)); // a page's script may set how it vouches for its user
    if (launcher && this.setting("open") !== null && this.setting("open") !== "false") this.open({ focus: false });
  }

  /** Other words or another mode: built anew, with what the browser kept of the conversation. */
  #rebuild() {
    const { isOpen } = this;
    this.#parts?.talk.stop();
    this.#parts = null;
    this.#build();
    if (isOpen && this.isLauncher) this.open({ focus: false });
    if (this.isConnected) {
      this.#rise();
      this.#look();
    }
  }

  /** Into the browser's top layer, where no z-index, overflow or transform of the page reaches. --ea-z forgoes it. */
  #rise() {
    const { stage } = this.#parts;
    if (!this.isLauncher || !stage.showPopover || getComputedStyle(this).getPropertyValue("--ea-z").trim()) return;
    stage.setAttribute("popover", "manual");
    if (!stage.matches(":popover-open")) stage.showPopover();
  }

  #look() {
    const { stage } = this.#parts;
    const theme = this.setting("theme");
    stage.dataset.theme = ["light", "dark"].includes(theme) ? theme : "auto";
    stage.dataset.side = this.setting("position") === "left" ? "left" : "right";
    const lang = this.setting("lang") || document.documentElement.lang || "en";
    stage.lang = lang;
    stage.dir = this.getAttribute("dir") || (this.parentElement ? getComputedStyle(this.parentElement).direction : "ltr");
    this.toggleAttribute("data-floating", this.isLauncher);
    colours(stage, this.setting("accent"));
  }

  /** On a phone the panel is the whole screen, as much of it as the keyboard leaves. */
  #fitPhone() {
    if (!this.isLauncher) return;
    const { panel } = this.#parts;
    const full = this.#phone.matches;
    panel.setAttribute("aria-modal", String(full));
    panel.style.blockSize = full && window.visualViewport ? `${window.visualViewport.height}px` : "";
  }

  #onKey(event) {
    if (event.key === "Escape" && !event.isComposing) {
      if (!this.#parts.preview.hidden) this.#hidePreview();
      else if (!this.#parts.reader.node.hidden) this.#closeReader();
      else if (this.isLauncher && this.isOpen) this.close();
      else return;
      event.preventDefault();
    }
    if (event.key === "Tab" && this.isLauncher && this.#phone.matches && this.isOpen) this.#keepInside(event);
  }

  #keepInside(event) {
    const all = [...this.#parts.panel.querySelectorAll("button, a[href], textarea, [tabindex='0']")];
    const reachable = all.filter((node) => !node.disabled && node.getClientRects().length);
    const edge = event.shiftKey ? reachable[0] : reachable.at(-1);
    const active = this.#root.activeElement;
    if (active !== edge && reachable.includes(active)) return;
    if (active === this.#parts.panel && !event.shiftKey) return;
    event.preventDefault();
    (event.shiftKey ? reachable.at(-1) : reachable[0]).focus();
  }

  async #read(source, opener) {
    this.#hidePreview();
    this.#opener = opener;
    const { reader, talk, panel } = this.#parts;
    reader.begin();
    talk.view.hidden = true;
    reader.node.hidden = false;
    reader.back.focus({ preventScroll: true });
    try {
      const corpus = this.setting("corpus");
      const query = corpus ? `?corpus=${encodeURIComponent(corpus)}` : "";
      const reply = await this.#wire.fetch(`api/sources/${encodeURIComponent(source.source_id)}${query}`);
      const [found] = await Promise.all([reply.json(), this.#wire.part("page")]);
      if (this.#opener !== opener || !panel.isConnected) return;
      SHARED.showSource(reader, found, source, this.texts, permalink(this.base, source, corpus, found.sha256), (...words) => this.#copy(...words));
    } catch (error) {
      if (this.#opener === opener) reader.page.replaceChildren(talk.troubleNode(error, () => this.#read(source, opener)));
    }
  }

  #closeReader({ focus = true } = {}) {
    const { reader, talk } = this.#parts;
    if (reader.node.hidden) return;
    reader.node.hidden = true;
    talk.view.hidden = false;
    const opener = this.#opener;
    this.#opener = null;
    if (!focus) return;
    this.#silent = true;
    (opener?.isConnected ? opener : talk.box).focus();
    this.#silent = false;
  }

  #preview(source, chip) {
    if (this.#silent) return;
    clearTimeout(this.#previewTimer);
    const { preview, panel } = this.#parts;
    preview.replaceChildren(
      h("q", { dir: "auto", text: source.quote }),
      h("span", { class: "where", dir: "auto", text: whereOf(source, this.texts) }),
    );
    preview.hidden = false;
    const at = chip.getBoundingClientRect();
    const box = panel.getBoundingClientRect();
    const width = preview.offsetWidth;
    const left = Math.min(Math.max(at.left + at.width / 2 - width / 2 - box.left, 12), box.width - width - 12);
    const above = at.top - box.top - preview.offsetHeight - 8;
    preview.style.left = `${left}px`;
    preview.style.top = `${above > 8 ? above : at.bottom - box.top + 8}px`;
    chip.setAttribute("aria-describedby", "preview");
  }

  #leave() {
    clearTimeout(this.#previewTimer);
    this.#previewTimer = setTimeout(() => this.#hidePreview(), 160); // long enough to move the pointer onto it
  }

  #hidePreview() {
    clearTimeout(this.#previewTimer);
    this.#parts.preview.hidden = true;
  }

  /** To the clipboard; where the browser forbids that, the words are shown for copying by hand. */
  async #copy(words, button) {
    const { texts } = this;
    try {
      await navigator.clipboard.writeText(words);
      const label = button.querySelector("svg");
      label.replaceWith(icon("done"));
      this.#parts.talk.say(texts.copied);
      setTimeout(() => button.querySelector("svg").replaceWith(label), 1600);
    } catch {
      if (button.parentNode.querySelector(".by-hand")) return;
      const box = h("textarea", { class: "by-hand", readonly: true, rows: 3, "aria-label": texts.copyByHand });
      box.value = words;
      button.parentNode.append(box);
      box.select();
    }
  }

  #json(name) {
    const given = this.setting(name);
    if (!given) return null;
    try {
      return JSON.parse(given);
    } catch (error) {
      console.warn(`essay-assistant: data-${name} is no JSON: ${error.message}`);
      return null;
    }
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(`${NAME}:${name}`, { bubbles: true, composed: true, detail }));
  }
}
