// An answer, and a whole conversation, as Markdown with numbered sources.
import { permalink } from "./records.js";

const escaped = (text) => text.replace(/[\\`*_[\]<>#|]/g, "\\$&").replace(/\s+/g, " ").trim();
const isWeb = (address) => /^https?:\/\//.test(address ?? "");

const source = (exchange, citation) => {
  const title = isWeb(citation.url) ? `[${escaped(citation.title)}](<${citation.url}>)` : escaped(citation.title);
  const by = citation.author ? `, ${escaped(citation.author)}` : "";
  const section = citation.section && citation.section !== citation.title ? ` · ${escaped(citation.section)}` : "";
  const kind = citation.kind === "notes" ? "notes on " : "";
  return `${citation.marker}. “${escaped(citation.quote)}” (${kind}${title}${by}${section}) [Cited words](<${permalink(exchange, citation)}>)`;
};

/** The answer's text, then its sources: quote, title, author, permalink. */
export const answerMarkdown = (exchange) => {
  if (!exchange.answer) return `${(exchange.written ?? "").trim()}\n\n*Stopped.*\n`;
  const text = exchange.answer.answer.replace(/[<>]/g, "\\$&").trim();
  const sources = (exchange.answer.citations ?? []).map((citation) => source(exchange, citation));
  const notices = (exchange.answer.notices ?? []).map((notice) => `*${notice.trim()}*`);
  return [text, sources.length ? `**Sources**\n\n${sources.join("\n")}` : "", ...notices].filter(Boolean).join("\n\n") + "\n";
};

/** Questions as headings, each with its answer. */
export const conversationMarkdown = (title, exchanges) => {
  const parts = exchanges.map((exchange) => `## ${escaped(exchange.question)}\n\n${answerMarkdown(exchange)}`);
  return `# ${escaped(title)}\n\n${parts.join("\n")}`;
};
