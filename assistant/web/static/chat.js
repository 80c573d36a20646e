// The chat page's own behaviour, over Gradio's: each module does one job.
import { offerAgain } from "./chat/again.js";
import { receive } from "./chat/arriving.js";
import { dressCases } from "./chat/case.js";
import { offer } from "./chat/choices.js";
import { askQueued, brought, fillBox } from "./chat/composer.js";
import { dress } from "./chat/dressing.js";
import { openDrawer } from "./chat/drawer.js";
import { settle } from "./chat/first.js";
import { exportConversation } from "./chat/export.js";
import { follow, relabel, startReader } from "./chat/page.js";
import { keep, restoreOnLoad } from "./chat/keeping.js";
import { tellToasts, watchProblems } from "./chat/problems.js";
import { setCurrent } from "./chat/storage.js";
import "./chat/peek.js";

const onChange = () => {
  settle();
  relabel();
  follow();
  offer();
  dress();
  dressCases();
  tellToasts();
  offerAgain();
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
receive();
fillBox();
new MutationObserver(onChange).observe(document.body, {
  subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label"],
});
