// Conversations kept in this browser: answer data, newest first.
import { idOf } from "./records.js";

const KEY = "essay-assistant.conversations";
const CURRENT = "essay-assistant.current";
export const MOST = 30;
const MOST_BYTES = 2_000_000;
const LONGEST_TITLE = 120; // characters

const isConversation = (it) =>
  typeof it?.id === "string" && typeof it.title === "string" && typeof it.at === "number" && Array.isArray(it.exchanges) && it.exchanges.length > 0;

/** All conversations, newest first; none where the browser keeps nothing for this page. */
export const conversations = () => {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter(isConversation).sort((a, b) => b.at - a.at) : [];
  } catch {
    return [];
  }
};

/** Keeps them, dropping the oldest while they are too many or too large. False: the browser keeps nothing. */
const store = (all) => {
  const kept = all.sort((a, b) => b.at - a.at).slice(0, MOST);
  while (kept.length) {
    const text = JSON.stringify(kept);
    try {
      if (new Blob([text]).size <= MOST_BYTES) {
        localStorage.setItem(KEY, text);
        return true;
      }
    } catch (error) {
      if (error.name !== "QuotaExceededError") return false;
    }
    kept.pop();
  }
  try {
    localStorage.removeItem(KEY);
  } catch {
    return false;
  }
  return all.length === 0;
};

export const find = (id) => conversations().find((each) => each.id === id);
/** Gives a conversation another title; an empty one leaves it as it is. */
export const rename = (id, title) => {
  const all = conversations();
  const found = all.find((each) => each.id === id);
  if (!found || !title.trim()) return;
  found.title = title.trim().slice(0, LONGEST_TITLE);
  store(all);
};

/** Whether all words stand in the title, the questions or the answers of a conversation. */
export const mentions = ({ title, exchanges }, words) => {
  const said = exchanges.map(({ question, answer, written }) => `${question} ${answer?.answer ?? written ?? ""}`);
  const text = [title, ...said].join(" ").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
};

export const remove = (id) => store(conversations().filter((each) => each.id !== id));
export const removeAll = () => store([]);

const UNANSWERED = "essay-assistant.unanswered";
const ofTab = (key) => {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
};
const setOfTab = (key, value) => {
  try {
    value ? sessionStorage.setItem(key, value) : sessionStorage.removeItem(key);
  } catch {
    // Without storage a reload begins anew.
  }
};

/** The id of the conversation of this tab; it outlives a reload. */
export const current = () => ofTab(CURRENT);
export const setCurrent = (id) => setOfTab(CURRENT, id);

/** The question of this tab that is being answered; it outlives a reload too. */
export const unanswered = () => ofTab(UNANSWERED);
export const setUnanswered = (question) => setOfTab(UNANSWERED, question);

const DRAFT = "essay-assistant.draft";

/** What stands in this tab's box and was not asked yet. */
export const draft = () => ofTab(DRAFT);
export const setDraft = (text) => setOfTab(DRAFT, text);

/** A name for a conversation. */
export const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The kept exchanges with those on the page, which begin at one of them. None goes: the page may be half drawn. */
const joined = (kept, from, shown) => {
  const there = new Set(shown.map(idOf));
  return [...kept.slice(0, from), ...shown, ...kept.slice(from).filter((each) => !there.has(idOf(each)))];
};

let leaving = new Set(); // ids of exchanges that are being asked anew: the page still shows them for a moment

/** Keeps the exchanges that are on the page, with others of the same conversation that are not. */
export const save = (shown) => {
  const exchanges = shown.filter((each) => !leaving.has(idOf(each)));
  if (exchanges.length === shown.length) leaving = new Set();
  if (!exchanges.length) return;
  const all = conversations();
  const before = all.find((each) => each.id === current());
  const from = before?.exchanges.findIndex((each) => idOf(each) === idOf(exchanges[0])) ?? -1;
  // A server that was restarted goes on without what was said before: that stays, and this is another conversation.
  const known = from < 0 ? undefined : before;
  const id = (before && !known ? null : current()) ?? newId();
  setCurrent(id);
  const whole = known ? joined(known.exchanges, from, exchanges) : exchanges;
  if (known && JSON.stringify(known.exchanges) === JSON.stringify(whole)) return;
  const title = known?.title ?? whole[0].question.split("\n")[0].slice(0, LONGEST_TITLE);
  const next = { id, title, at: Date.now(), exchanges: whole, ratings: known?.ratings ?? {} };
  store([next, ...all.filter((each) => each.id !== id)]);
};

/**
 * Before exchanges of this tab's conversation are asked anew: answered ones stay in a conversation of their own, of
 * which the page leaves; others are dropped.
 */
export const branch = (left) => {
  leaving = new Set(left.map(idOf));
  if (left.some((each) => each.answer)) return setCurrent(null);
  const all = conversations();
  const kept = all.find((each) => each.id === current());
  if (!kept) return;
  kept.exchanges = kept.exchanges.filter((each) => !leaving.has(idOf(each)));
  store(all.filter((each) => each.exchanges.length));
};

// A rating may come before its answer is kept, or where nothing is.
const rated = new Map();
export const ratingOf = (answerId) => rated.get(answerId) ?? conversations().find((each) => each.ratings?.[answerId])?.ratings[answerId];
export const rate = (answerId, rating) => {
  rated.set(answerId, rating);
  const all = conversations();
  const found = all.find((each) => each.exchanges.some((exchange) => exchange.answer?.id === answerId));
  if (!found) return;
  found.ratings = { ...found.ratings, [answerId]: rating };
  store(all);
};
