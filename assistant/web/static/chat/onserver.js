// What the server keeps of conversations besides the browser, where its operator has turned that on.
import { MOST } from "./storage.js";

const days = () => document.querySelector('meta[name="kept-on-server"]')?.content;
const howLong = () => (days() === "0" ? "until it is deleted" : days() === "1" ? "for 1 day" : `for ${days()} days`);

/** Where conversations are kept, as a sentence. */
export const whereKept = (any) => {
  if (days() === undefined) return any ? `Kept in this browser only, the last ${MOST}.` : "What you ask is kept here, in this browser only.";
  return any
    ? `Kept in this browser, the last ${MOST}, and on the server ${howLong()}. Deleting deletes both.`
    : `What you ask is kept here, in this browser, and on the server ${howLong()}.`;
};

const deleted = async (id) => {
  try {
    const reply = await fetch(`api/conversations/${encodeURIComponent(id)}`, { method: "DELETE" });
    return reply.ok || reply.status === 404; // 404: its time was over
  } catch {
    return false; // the server is out of reach
  }
};

/** Deletes what the server keeps of these conversations. False: some of it may still be there. */
export const deleteThere = async (conversations) => {
  if (days() === undefined) return true;
  const ids = new Set(conversations.flatMap((each) => each.exchanges.map((exchange) => exchange.conversation_id)).filter(Boolean));
  const all = await Promise.all([...ids].map(deleted));
  return all.every(Boolean);
};
