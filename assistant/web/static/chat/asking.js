// Asking a question that does not stand in the box: what is typed there stays.
import { say } from "./dom.js";
import { press, write } from "./page.js";

const AGAIN_AFTER = 1_500; // milliseconds; Gradio drops a press that comes while it is busy with the page
const TRIES = 6;
const WAIT = "An answer is being written. Wait for its end, or stop it.";

/** Whether an answer is being made. */
export const busy = () =>
  document.querySelector('#question [data-testid="stop-button"]') !== null ||
  document.querySelector("#chat .bot-row:last-of-type :is(.waiting, .writing)") !== null;

/**
 * The page goes over to the conversation as soon as something is asked, and not when the server says so: what moves right
 * after a key or a press surprises nobody. The style sheet knows the welcome by its id.
 */
export const leaveWelcome = (left = true) => {
  const welcome = document.getElementById(left ? "welcome" : "left");
  if (welcome) welcome.id = left ? "left" : "welcome";
};

/** Asks; `insteadOf` is the number of the exchange that the conversation begins anew from. False while it is busy. */
export const askThis = (question, insteadOf = null) => {
  if (busy()) {
    say(WAIT);
    return false;
  }
  let left = TRIES;
  const taken = new MutationObserver(() => {
    left = 0;
    taken.disconnect();
  });
  const send = () => {
    if (left-- <= 0) return taken.disconnect();
    write("said", JSON.stringify({ question, instead_of: insteadOf }));
    setTimeout(() => press("say"), 0); // Gradio takes the text over before it takes the press
    setTimeout(send, AGAIN_AFTER);
  };
  setTimeout(() => {
    taken.observe(document.getElementById("chat"), { subtree: true, childList: true });
    send();
  }, 0);
  return true;
};
