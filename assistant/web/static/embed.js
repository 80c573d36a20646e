// The embedded page: takes the portal's token from the fragment or from its parent, and tells the parent its height.
"use strict";
(() => {
  const PATIENCE = 5000; // milliseconds the parent has to hand in a token
  const listed = document.documentElement.dataset.origins.split(" ").filter(Boolean);
  const waiting = new Set();
  let token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);

  /** The parent's origin where the browser names it and it is on the list; else all of the list may be it. */
  const parents = (() => {
    const named = location.ancestorOrigins?.[0] || (document.referrer && new URL(document.referrer).origin);
    return named ? listed.filter((origin) => origin === named) : listed;
  })();
  const tell = (message) => {
    if (parent === window) return;
    for (const origin of parents) parent.postMessage(message, origin);
  };

  // Asked for by the widget: at first only what was handed in, and where that is over, another one of the parent's.
  const provided = (again) => {
    if (!again || parent === window) return Promise.resolve(token);
    return new Promise((resolve, reject) => {
      waiting.add(resolve);
      setTimeout(reject, PATIENCE, new Error("the page around the frame gave none"));
      tell({ type: "essay-assistant:token-wanted" });
    });
  };

  window.addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || parent === window || !listed.includes(origin)) return;
    if (data?.type !== "essay-assistant:token" || typeof data.token !== "string") return;
    token = data.token;
    for (const resolve of waiting) resolve(token);
    waiting.clear();
  });
  document.addEventListener("essay-assistant:resize", ({ detail }) => {
    tell({ type: "essay-assistant:resize", height: detail.height });
  });
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("essay-assistant").tokenProvider = provided;
  });
})();
