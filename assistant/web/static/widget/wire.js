// What goes to the server and comes back: the token, replies that are problems, the stream of events.

import { fill } from "./texts.js";

const SILENCE = 45000; // milliseconds without a byte; the server sends at least a heartbeat every 15 s

const SCRIPT = document.currentScript?.src; // its parts come from where it came from

/** Something the person is told: what happened and what to do, the server's own words, and its reference. */
export class Trouble extends Error {
  constructor(message, { status = 0, detail = "", reference = "" } = {}) {
    super(message);
    Object.assign(this, { status, detail, reference });
  }
}

/** The connection of one widget to its server. ``host`` gives base, texts, tokenUrl and tokenProvider. */
export class Wire {
  #host;
  #token = null;
  #asked = null;

  constructor(host) {
    this.#host = host;
  }

  set token(token) {
    this.#token = token || null;
  }

  /** Whom the token is for: "" where none is needed, null where it is not known yet. */
  get person() {
    if (!this.#token) return this.renewable ? null : "";
    try {
      const { iss, sub } = JSON.parse(atob(this.#token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
      return `${iss} ${sub}`;
    } catch {
      return "somebody";
    }
  }

  /** The same, asking for a token first; null where nobody is signed in. Raises Trouble. */
  async who() {
    await this.#bearer();
    return this.person;
  }

  /** The reply where it is fine. Raises Trouble, or AbortError where the signal said so. */
  async fetch(path, init = {}) {
    const { base, texts } = this.#host;
    if (!base) throw new Trouble(texts.noServer);
    const token = await this.#bearer();
    const reply = await this.#send(new URL(path, base), init, token);
    if (reply.status !== 401 || !this.renewable) return this.#fine(reply);
    if (this.#token === token) this.#token = null;
    return this.#fine(await this.#send(new URL(path, base), init, await this.#bearer(true)));
  }

  /** The events of a streamed answer as {event, data}. */
  async *ask(body, signal) {
    const reply = await this.fetch("api/ask", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ ...body, stream: true }),
      signal,
    });
    const conversation = reply.headers.get("X-Conversation-Id");
    if (conversation) yield { event: "conversation", data: conversation };
    if (/json/.test(reply.headers.get("Content-Type"))) yield { event: "done", data: await reply.json() };
    else yield* eventsOf(reply.body, signal);
  }

  /** Loads a part of the script that not every page needs. Raises Trouble. */
  async part(name) {
    const { base, texts } = this.#host;
    try {
      // a page may forbid to make script elements, but not this
      return await import(new URL(`?part=${name}`, SCRIPT || new URL("widget.js", base)).href);
    } catch {
      throw new Trouble(fill(texts.unreachable, { server: base?.host }));
    }
  }

  /** Whether the page vouches for its users. */
  get renewable() {
    return Boolean(this.#host.tokenProvider || this.#host.tokenUrl);
  }

  async #send(url, init, token) {
    const headers = token ? { ...init.headers, Authorization: `Bearer ${token}` } : init.headers;
    let refused = false;
    const note = ({ blockedURI }) => (refused ||= Boolean(blockedURI) && url.href.startsWith(blockedURI));
    document.addEventListener("securitypolicyviolation", note);
    try {
      return await fetch(url, { ...init, headers });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      await new Promise((later) => setTimeout(later)); // the page's policy speaks up a moment later
      throw new Trouble(await this.#whyNot(refused));
    } finally {
      document.removeEventListener("securitypolicyviolation", note);
    }
  }

  /** A browser says no more than that a request failed; the public script tells a refusal from a server that is down. */
  async #whyNot(refusedByPage) {
    const { base, texts } = this.#host;
    const gaps = { server: base.host, origin: location.origin };
    if (navigator.onLine === false) return texts.offline;
    if (refusedByPage) return fill(texts.policy, gaps);
    if (base.origin === location.origin) return fill(texts.unreachable, gaps);
    try {
      await fetch(new URL("widget.js", base), { mode: "no-cors", cache: "no-store" });
      return fill(texts.forbidden, gaps);
    } catch {
      return fill(texts.unreachable, gaps);
    }
  }

  async #fine(reply) {
    if (reply.ok) return reply;
    const problem = await reply.json().catch(() => ({}));
    const { texts } = this.#host;
    throw new Trouble(texts[reply.status] || texts[reply.status < 500 ? 422 : 500], {
      status: reply.status,
      detail: problem.detail || problem.title || "",
      reference: problem.request_id || "",
    });
  }

  /** The token to send; asked for once, however many requests wait for it. */
  async #bearer(again = false) {
    if (this.#token || !this.renewable) return this.#token;
    this.#asked ||= this.#newToken(again).finally(() => (this.#asked = null));
    this.#token = await this.#asked;
    return this.#token;
  }

  async #newToken(again) {
    const { tokenProvider, tokenUrl, texts } = this.#host;
    try {
      if (tokenProvider) return (await tokenProvider(again)) || null;
      const reply = await fetch(tokenUrl, { credentials: "include", cache: "no-store" });
      if (!reply.ok) throw new Trouble(`${reply.status}`, reply);
      const { token } = await reply.json();
      if (typeof token !== "string" || !token) throw new Trouble("no token in the reply", { status: 401 });
      return token;
    } catch (error) {
      console.warn(`essay-assistant: no token from ${tokenProvider ? "the page" : tokenUrl}: ${error.message}`);
      throw new Trouble(texts.noToken, { status: error.status });
    }
  }
}

/** Server-sent events of a stream; it may end at any time, which the caller takes for cut off unless it saw the end. */
async function* eventsOf(stream, signal) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let held = "";
  try {
    for (;;) {
      const { done, value } = await beforeSilence(reader.read());
      if (done) return;
      held += decoder.decode(value, { stream: true });
      const events = held.split(/\r?\n\r?\n/);
      held = events.pop();
      yield* events.map(eventOf).filter(Boolean);
    }
  } catch (error) {
    if (signal.aborted) throw new DOMException("", "AbortError");
    if (!(error instanceof TypeError)) throw error;
  } finally {
    reader.cancel().catch(() => {}); // it may have failed already, and then there is nothing left to end
  }
}

function beforeSilence(reading) {
  let timer;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new TypeError("silence")), SILENCE);
  });
  return Promise.race([reading, silence]).finally(() => clearTimeout(timer));
}

function eventOf(text) {
  let event = "message";
  const data = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  return data.length ? { event, data: JSON.parse(data.join("\n")) } : null;
}
