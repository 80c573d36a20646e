// A conversation that a portal's widget hands over as it opens the full page: taken from listed portals alone.
import { takeUp } from "./keeping.js";
import { newId, setCurrent } from "./storage.js";

const listed = (document.querySelector('meta[name="portals"]')?.content ?? "").split(",").map((origin) => origin.trim());
const PATIENCE = 10_000; // milliseconds

/** The hashes of the texts that answers cite, as the documents stand now. */
const hashes = async (corpus) => {
  const reply = await fetch(`api/sources${corpus ? `?corpus=${encodeURIComponent(corpus)}` : ""}`);
  const { sources } = await reply.json();
  return Object.fromEntries(sources.map(({ id, sha256 }) => [id, sha256]));
};

const exchangeOf = ([question, answer], corpus, texts) => {
  const cited = new Set(answer.citations.map((citation) => citation.source_id));
  const own = Object.fromEntries(Object.entries(texts).filter(([id]) => cited.has(id)));
  return { question, corpus: corpus || null, answer, texts: own };
};

/** Asks whoever opened the page for a conversation; nothing comes where nobody did, or from a page that isn't listed. */
export const receive = () => {
  const from = window.opener;
  if (!from || from === window) return;
  const arrive = async ({ origin, source, data }) => {
    if (source !== from || ![...listed, location.origin].includes(origin) || data?.type !== "essay-assistant:conversation") return;
    window.removeEventListener("message", arrive);
    const texts = await hashes(data.corpus);
    const exchanges = data.said.map((each) => exchangeOf(each, data.corpus, texts));
    setCurrent(null);
    if (exchanges.length) takeUp({ id: newId(), exchanges });
  };
  window.addEventListener("message", arrive);
  const wait = setInterval(() => {
    if (!document.querySelector("#kept textarea")) return;
    clearInterval(wait);
    from.postMessage({ type: "essay-assistant:conversation-wanted" }, "*"); // says nothing but that the page is there
    setTimeout(() => window.removeEventListener("message", arrive), PATIENCE);
  }, 100);
};
