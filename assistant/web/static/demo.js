// What a page around the frame does: gives it the height it would like, and a token when it wants one.
"use strict";
(() => {
  const frame = document.querySelector("iframe");
  const server = new URL(frame.dataset.server).origin;
  window.addEventListener("message", async ({ origin, source, data }) => {
    if (origin !== server || source !== frame.contentWindow) return;
    if (data.type === "essay-assistant:resize") frame.style.blockSize = `${Math.min(Math.max(data.height, 360), 720)}px`;
    if (data.type === "essay-assistant:token-wanted" && frame.dataset.tokenUrl) {
      const reply = await fetch(frame.dataset.tokenUrl);
      source.postMessage({ type: "essay-assistant:token", ...(await reply.json()) }, server);
    }
  });
})();
