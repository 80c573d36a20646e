// The chat page's own behaviour, over Gradio's: each module does one job.
import { offer } from "./chat/choices.js";
import { askQueued, brought, fillBox } from "./chat/composer.js";
import { dress } from "./chat/dressing.js";
import { openDrawer } from "./chat/drawer.js";
import { exportConversation } from "./chat/export.js";
import { follow, relabel, startReader } from "./chat/page.js";
import { keep, restoreOnLoad } from "./chat/keeping.js";
import { watchProblems } from "./chat/problems.js";
import { setCurrent } from "./chat/storage.js";
import "./chat/peek.js";

const uncover = () => {
  document.getElementById("first")?.remove();
  if (document.activeElement === document.body) document.querySelector("#question textarea")?.focus({ preventScroll: true });
};
const first = new MutationObserver(() => {
  const whole = document.querySelector("#welcome .example, #chat .user-row");
  if (!whole && !document.querySelector("#engine .fine")) return;
  first.disconnect();
  setTimeout(uncover, whole ? 0 : 300); // documents without questions to begin with have no examples to wait for
});
first.observe(document.body, { subtree: true, childList: true });

const onChange = () => {
  relabel();
  follow();
  offer();
  dress();
  keep();
  askQueued();
};

document.addEventListener("click", (event) => {
  if (event.target.closest?.(".tool.history")) openDrawer();
  if (event.target.closest?.(".tool.export")) exportConversation();
});
watchProblems();
startReader();
if (brought()) setCurrent(null);
restoreOnLoad();
fillBox();
new MutationObserver(onChange).observe(document.body, {
  subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label"],
});
