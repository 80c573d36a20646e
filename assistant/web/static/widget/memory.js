// What was said, kept by the browser for the pages of one portal: for one server and one person.

const MOST = 20;

/** An answer as it is kept: without the passages nobody sees again. */
const slim = ({ passages, ...answer }) => ({ ...answer, passages: answer.abstained ? passages.slice(0, 3) : [] });

export class Memory {
  constructor(name) {
    this.name = `essay-assistant ${name}`;
  }

  /** {who, turns: [[question, answer]], conversation, draft}; null where nothing is kept. */
  read() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.name));
      return Array.isArray(kept?.turns) ? kept : null;
    } catch {
      return null;
    }
  }

  write({ turns, ...more }) {
    const kept = turns.slice(-MOST).map(([question, answer]) => [question, slim(answer)]);
    try {
      if (kept.length || more.draft) localStorage.setItem(this.name, JSON.stringify({ turns: kept, ...more }));
      else localStorage.removeItem(this.name);
    } catch {
      // Where the browser keeps nothing, the conversation lasts as long as the page.
    }
  }
}
