// What the server says of each exchange, read from the page: data, never HTML.

const parsed = new WeakMap();

/** The exchange of one reply: {question, corpus?, answer?, written?, texts}. */
export const recordOf = (reply) => {
  const node = reply?.querySelector(".record");
  if (!node) return null;
  if (!parsed.has(node)) parsed.set(node, JSON.parse(node.textContent));
  return parsed.get(node);
};

/** All exchanges on the page, oldest first. */
export const exchanges = () => [...document.querySelectorAll("#chat .reply")].map(recordOf).filter(Boolean);

/** What tells one exchange from another. */
export const idOf = (exchange) => exchange.answer?.id ?? `stopped ${exchange.question}`;

const base = () => document.querySelector('meta[name="public-url"]')?.content.replace(/\/*$/, "/") ?? document.baseURI;

/** An address on this server as others can use it. */
export const absolute = (address) => new URL(address, base()).href;

/** The permalink of a citation's words, with the hash of the text they were taken from. */
export const permalink = (exchange, citation) => {
  const query = new URLSearchParams({ start: citation.start, end: citation.end, sha256: exchange.texts?.[citation.source_id] ?? "" });
  if (exchange.corpus) query.set("corpus", exchange.corpus);
  return absolute(`read/${encodeURIComponent(citation.source_id)}?${query}#cited`);
};
