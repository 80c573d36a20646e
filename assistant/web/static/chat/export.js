// The conversation on the page as a Markdown file, made in the browser.
import { el, say } from "./dom.js";
import { conversationMarkdown } from "./markdown.js";
import { exchanges } from "./records.js";

const fileName = (title) => {
  const slug = title.toLowerCase().normalize("NFKD").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "");
  return `${slug.slice(0, 60) || "conversation"}.md`;
};

export const exportConversation = () => {
  const said = exchanges();
  if (!said.length) return;
  const title = said[0].question.split("\n")[0].slice(0, 120);
  const address = URL.createObjectURL(new Blob([conversationMarkdown(title, said)], { type: "text/markdown" }));
  const link = el("a", { href: address, download: fileName(title) });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  say("The conversation was saved as a file.");
};
