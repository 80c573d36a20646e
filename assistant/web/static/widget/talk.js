// The conversation: the box for the question, what was asked and answered, and what went wrong.

import { answerNodes, followupNodes, markdownOf, partialNodes } from "./answer.js";
import { h, icon, iconButton } from "./dom.js";
import { fill } from "./texts.js";
import { Trouble } from "./wire.js";

const TURNS = 20; // messages of the conversation that go with a question

export class Talk {
  #host;
  #turns = [];
  #conversation = null;
  #running = null;

  /** ``host``: texts, examples, feedback, wire, and what the widget does: setting, tell, copy, read, preview, leave, close, keep, full, open, advisor. */
  constructor(host) {
    this.#host = host;
    const { texts } = host;
    this.box = h("textarea", { rows: 1, dir: "auto", "aria-label": texts.question, placeholder: texts.placeholder, enterkeyhint: "send" });
    this.button = h("button", { class: "send", "aria-label": texts.send, title: texts.send, disabled: true }, icon("send"));
    this.inner = h("div", { class: "inner" });
    this.scroller = h("div", { class: "talk", role: "log", "aria-live": "off", "aria-label": texts.talk, tabindex: "0" }, this.inner);
    this.status = h("div", { class: "spoken", role: "status", "aria-live": "polite" });
    this.form = h("form", { class: "composer" }, this.box, this.button);
    this.fresh = iconButton("fresh", texts.fresh, { onclick: () => this.begin(), hidden: true });
    this.full = iconButton("out", texts.full, { onclick: () => host.full(this.said), hidden: true });
    const bar = h(
      "header",
      { class: "bar" },
      h("span", { class: "badge" }, icon("ask")),
      h("h2", { class: "title", dir: "auto", text: texts.title }),
      this.full,
      this.fresh,
      host.close && iconButton("close", texts.close, { onclick: host.close }),
    );
    this.view = h("div", { class: "view" }, bar, this.scroller, h("footer", {}, this.form, h("p", { class: "fine", text: texts.fine })));
    this.#listen();
    this.begin({ focus: false, keep: false });
  }

  /** A new conversation; the one before is forgotten, unless it is still to come back. */
  begin({ focus = true, keep = true } = {}) {
    this.stop();
    this.#turns = [];
    this.#conversation = null;
    if (keep) this.#keep();
    const { texts, examples } = this.#host;
    this.fresh.hidden = this.full.hidden = true;
    this.inner.replaceChildren(
      h(
        "div",
        { class: "welcome turn" },
        h("div", { class: "body" }, h("p", { class: "hello", text: texts.hello }), h("p", { class: "intro", text: texts.intro }),
          examples.length ? followupNodes(examples, texts.examples, (text) => this.ask(text)) : null),
      ),
    );
    this.#watch();
    if (focus) this.box.focus();
  }

  /** Whether an answer is being written. */
  get busy() {
    return Boolean(this.#running);
  }

  /** What was asked and answered, oldest first. */
  get said() {
    return this.#turns.filter((turn) => turn.answer).map((turn) => [turn.question, turn.answer]);
  }

  /** Shows what the browser kept. */
  async restore({ turns, conversation, draft }) {
    if (!this.box.value) this.box.value = draft || "";
    await this.#ready(...turns.map(([, answer]) => answer));
    for (const [question, answer] of turns) this.#show(this.#turn(question), answer);
    this.#conversation = conversation || null;
    this.#keep();
    this.say("");
    this.#grow();
  }

  /** The part that shows a case, where there is one; without it, words say the same. */
  async #ready(...answers) {
    if (answers.some((answer) => answer.case)) await this.#host.wire.part("case").catch(() => {});
  }

  #keep() {
    this.#host.keep({ turns: this.said, conversation: this.#conversation, draft: this.box.value });
  }

  /** Asks anew from one turn on; what came after it goes. */
  #from(turn, question) {
    if (this.#running || !question.trim()) return;
    const at = this.#turns.indexOf(turn);
    for (const gone of this.#turns.splice(at)) gone.node.remove();
    this.#conversation = null; // the server's goes on otherwise
    this.ask(question);
  }

  /** The question becomes a box of its own; Enter asks it, Escape leaves it as it was. */
  #edit(turn, words) {
    words.contentEditable = "plaintext-only";
    words.focus();
    getSelection().setPosition(words, words.childNodes.length);
    words.onkeydown = (event) => {
      if (event.isComposing || !["Enter", "Escape"].includes(event.key) || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      const asked = words.innerText;
      if (event.key === "Enter") return this.#from(turn, asked);
      words.contentEditable = "false";
      words.textContent = turn.question;
    };
  }

  /** Ends the answer that is being written. */
  stop() {
    this.#running?.abort();
  }

  /** Told to a screen reader. */
  say(words) {
    this.status.textContent = words;
  }

  /** Asks, streams, shows. Resolves to the answer; null where there was none. */
  async ask(question) {
    if (!question.trim() || this.#running) return null;
    const running = (this.#running = new AbortController());
    const turn = this.#turn(question);
    this.#busy(true);
    this.say(this.#host.texts.looking);
    const written = { text: "" };
    try {
      const answer = await this.#stream(question, turn, written, running.signal);
      await this.#ready(answer);
      this.#show(turn, answer);
      this.#host.tell("answer", answer);
      return answer;
    } catch (error) {
      this.#fail(turn, written.text, question, error, running.signal);
      return null;
    } finally {
      this.#running = null;
      this.#busy(false);
    }
  }

  /** What went wrong as a note, with a way to try again. */
  troubleNode(error, retry) {
    const { texts } = this.#host;
    const known = error instanceof Trouble ? error : new Trouble(texts[500], { detail: error.message });
    return h(
      "div",
      { class: "problem", role: "alert" },
      h("p", { class: "label", text: texts.failed }),
      h("p", { dir: "auto", text: known.message }),
      known.detail && known.detail !== known.message ? h("p", { class: "detail", dir: "auto", lang: "en", text: known.detail }) : null,
      known.reference ? h("p", { class: "reference", text: fill(texts.reference, { id: known.reference }) }) : null,
      h("button", { type: "button", class: "solid", text: texts.retry, onclick: retry }),
    );
  }

  async #stream(question, turn, written, signal) {
    const { wire, texts, setting } = this.#host;
    const history = this.said.flatMap(([content, { answer }]) => [{ role: "user", content }, { role: "assistant", content: answer }]);
    const body = { question, history: this.#conversation ? [] : history.slice(-TURNS) };
    for (const name of ["model", "corpus"]) if (setting(name)) body[name] = setting(name);
    if (this.#conversation) body.conversation_id = this.#conversation;
    for await (const { event, data } of wire.ask(body, signal)) {
      if (event === "conversation") this.#conversation = data;
      else if (event === "passages") turn.waiting.textContent = fill(texts.found, { n: data.passages.length });
      else if (event === "progress") turn.waiting.textContent = texts[data.doing];
      else if (event === "offer") turn.reply.append(texts.meanwhile, ...partialNodes(data.answer));
      else if (event === "token") this.#write(turn, written, data.text);
      else if (event === "done") return data;
      else if (event === "error") throw new Trouble(texts[data.status] || texts[data.status < 500 ? 422 : 500], { status: data.status, detail: data.detail || data.title, reference: data.request_id });
    }
    throw new Trouble(texts.cut);
  }

  #write(turn, written, text) {
    written.text += text;
    if (turn.drawing) return;
    turn.drawing = requestAnimationFrame(() => {
      turn.drawing = 0;
      turn.reply.replaceChildren(...partialNodes(written.text));
      turn.reply.className = "reply writing";
    });
  }

  #turn(question) {
    const { texts } = this.#host;
    this.inner.querySelector(".welcome")?.remove();
    for (const old of this.inner.querySelectorAll(".followups")) old.remove();
    const waiting = h("span", { class: "spoken-too", text: texts.looking });
    const reply = h("div", { class: "reply waiting", role: "group", "aria-label": texts.answer }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), waiting);
    const words = h("p", { dir: "auto", text: question });
    const body = h("div", { class: "body" }, h("div", { class: "asked", role: "group", "aria-label": texts.you }, words), reply);
    const node = h("div", { class: "turn" }, body);
    const turn = { node, body, reply, waiting, drawing: 0, question };
    words.after(iconButton("edit", texts.edit, { onclick: () => this.#edit(turn, words) }));
    this.#turns.push(turn);
    this.fresh.hidden = false;
    this.full.hidden = !this.#host.open();
    this.inner.append(node);
    // The newest question goes to the top, so that its answer is read from its first word.
    for (const old of this.inner.children) old.style.minBlockSize = "";
    if (this.inner.children.length > 1) {
      node.style.minBlockSize = `${this.scroller.clientHeight - 24}px`;
      this.scroller.scrollTop = node.offsetTop - 8;
    }
    this.#watch();
    return turn;
  }

  #settle(turn, ...nodes) {
    cancelAnimationFrame(turn.drawing);
    turn.reply.className = "reply";
    turn.reply.replaceChildren(...nodes.filter(Boolean));
  }

  #show(turn, answer) {
    const { texts, feedback, read, preview, leave } = this.#host;
    const act = {
      read, preview, leave,
      ask: (text) => this.ask(text),
      again: () => this.#from(turn, turn.question),
      advisor: this.#host.advisor,
      copy: (copied, button) => this.#host.copy(markdownOf(copied, texts, this.#host.addressOf), button),
      rate: (rating, near) => this.#rate(rating, near),
    };
    this.#settle(turn, ...answerNodes(answer, texts, act, { feedback }));
    if (answer.followups.length) {
      const more = followupNodes(answer.followups, texts.followups, (text) => this.ask(text));
      more.classList.add("followups");
      turn.body.append(more);
    }
    turn.answer = answer;
    this.#keep();
    const cited = answer.citations.length ? ` ${fill(texts.cited, { n: answer.citations.length })}.` : "";
    this.say(`${answer.abstained ? texts.abstained : texts.answer}: ${answer.answer.replace(/ ?\[\d+\]/g, "")}${cited}`);
  }

  #fail(turn, text, question, error, signal) {
    const { texts } = this.#host;
    const kept = text ? partialNodes(text) : [];
    if (error.status === 404) this.#conversation = null; // it is no longer kept: trying again sends what was said
    const retry = () => {
      this.#from(turn, question);
      this.box.focus();
    };
    if (signal.aborted) {
      this.#settle(turn, ...kept, h("p", { class: "quiet", text: texts.stopped }), h("button", { type: "button", class: "solid", text: texts.retry, onclick: retry }));
      this.say(texts.stopped);
      return;
    }
    this.#settle(turn, ...kept, this.troubleNode(error, retry));
    this.say(""); // the note is an alert of its own
    this.#host.tell("error", { message: error.message, status: error.status, detail: error.detail });
  }

  /** Whether the rating arrived; where not, says so next to ``near``. */
  async #rate(rating, near) {
    near.parentNode.querySelector(".problem")?.remove();
    try {
      await this.#host.wire.fetch("api/feedback", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(rating) });
      this.say(this.#host.texts.thanks);
      return true;
    } catch (error) {
      const note = this.troubleNode(error, () => note.remove());
      note.lastChild.textContent = this.#host.texts.close;
      near.after(note);
      return false;
    }
  }

  #listen() {
    const { texts } = this.#host;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#running) return this.stop();
      const question = this.box.value;
      if (!question.trim()) return undefined;
      this.box.value = "";
      this.#grow();
      this.#keep();
      return this.ask(question);
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (!this.#running) this.form.requestSubmit();
    });
    this.box.addEventListener("input", () => {
      this.#grow();
      this.#keep();
    });
  }

  #grow() {
    this.box.style.blockSize = "auto";
    this.box.style.blockSize = `${Math.min(this.box.scrollHeight, 140)}px`;
    this.button.disabled = !this.#running && !this.box.value.trim();
  }

  #busy(is) {
    const label = is ? this.#host.texts.stop : this.#host.texts.send;
    this.button.classList.toggle("stops", is);
    this.button.setAttribute("aria-label", label);
    this.button.title = label;
    this.scroller.setAttribute("aria-busy", String(is));
    this.#grow();
  }

  /** Tells how high the panel would have to be to show all of the newest turn; a frame around it may follow. */
  #watch() {
    this.heights?.disconnect();
    this.heights = new ResizeObserver(() => {
      const content = [...this.inner.children].reduce((sum, turn) => sum + turn.firstChild.offsetHeight + 24, 0);
      const rest = this.view.offsetHeight - this.scroller.offsetHeight;
      if (rest > 0) this.#host.tell("resize", { height: Math.ceil(content + rest + 24) });
    });
    for (const turn of this.inner.children) this.heights.observe(turn.firstChild);
  }
}
