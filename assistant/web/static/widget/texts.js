// What the widget says. A page replaces any of it with data-texts='{"title": "Ask the handbook"}'.

// The example questions stay English in every language: questions are understood in English.
const EXAMPLES = [
  "When is fine-tuning the right choice?",
  "What should we try before any training run?",
  "What should I do if the model doesn't know my facts?",
];

export const LANGUAGES = ["de"]; // those that come as a part of their own

export const TEXTS = {
  en: {
    title: "Ask the essays",
    launch: "Ask the assistant",
    close: "Close",
    fresh: "New conversation",
    talk: "Conversation",
    hello: "What would you like to know?",
    intro: "Every answer is made of words from the sources. Follow a number to read them where they stand.",
    examples: "Questions to begin with",
    question: "Your question",
    placeholder: "Ask a question",
    send: "Send",
    stop: "Stop",
    fine: "Answers cite their sources word for word.",
    you: "You asked",
    answer: "Answer",
    edit: "Edit",
    again: "Ask again",
    full: "Open the full page",
    rung: "Your case · rung {number} of {rungs}: {title}",
    soFar: "Your case, so far",
    decides: "What decides",
    understood: "Understood: press one to change it",
    missing: "Would help to know",
    unknown: "I don’t know",
    advisor: "Open in the advisor",
    trace: "How this was answered",
    condense: "Understood",
    retrieve: "Searched",
    judge: "Judged",
    advise: "Advised",
    draft: "Written",
    verify: "Checked",
    finish: "Finished",
    looking: "Searching the documents",
    found: "{n} passages found, choosing what answers",
    reading: "The model is reading the passages",
    writing: "The model is writing",
    meanwhile: "Meanwhile:",
    stopped: "Stopped.",
    cut: "The answer was cut off before its end.",
    retry: "Try again",
    sources: "Sources",
    source: "Source {n}",
    notesOn: "notes on “{title}”",
    titled: "“{title}”",
    cited: "{n} sources",
    followups: "You could go on with",
    abstained: "Not in the sources",
    nearest: "Nearest passages",
    copy: "Copy the answer with its sources",
    copied: "Copied",
    copyByHand: "Copy this by hand:",
    good: "Helpful",
    bad: "Not helpful",
    thanks: "Thank you.",
    comment: "What was good or missing? (optional)",
    commentNote: "Your question and this answer are sent with it.",
    commentSend: "Send comment",
    back: "Back to the answer",
    opening: "Opening the source",
    notes: "Notes on this essay, in our words",
    original: "Original",
    readOriginal: "Read the original",
    openOriginal: "Open at its address",
    permalink: "Copy link",
    whole: "The text goes on in the full reader.",
    changed: "This text has changed since the answer was given, so the cited words are not marked. They were:",
    failed: "That didn’t work",
    offline: "You are offline. Check the connection, then try again.",
    forbidden:
      "The assistant at {server} does not answer pages of {origin}. Whoever runs it can add this site to its allowed origins.",
    unreachable: "The assistant at {server} can’t be reached. Try again in a moment.",
    policy: "This page’s content policy keeps it from asking {server}. Whoever runs the page can add it to connect-src.",
    noToken: "This page could not get you signed in. Reload it; if that doesn’t help, tell whoever runs it.",
    noServer: "This page names no usable address of the assistant: data-server has to be an http(s) address.",
    reference: "Reference: {id}",
    401: "You are not signed in.",
    403: "This page may not ask the assistant.",
    422: "The question can’t be answered as it is.",
    429: "That was too much at once. Wait a moment, then try again.",
    500: "The assistant had a fault. Try again in a moment.",
  },
};

/** The texts of a language (its region aside; English where it isn't there, or not yet) with a page's own on top. */
export function textsOf(lang, own) {
  return { ...TEXTS.en, ...TEXTS[lang.toLowerCase().split("-")[0]], ...own };
}

/** A text with its {gaps} filled. */
export function fill(text, gaps) {
  return text.replace(/\{(\w+)\}/g, (gap, name) => (name in gaps ? String(gaps[name]) : gap));
}

/** The questions offered at the beginning: the page's own, else three. */
export function examplesOf(own) {
  return Array.isArray(own) ? own.map(String) : EXAMPLES;
}
