// Filters and sorts the table of cases.
const body = document.querySelector("#list tbody");
const form = document.querySelector(".filters");

const fits = (i, wanted) => {
  const one = cases[i];
  if (wanted.kind && one.kind !== wanted.kind) return false;
  if (wanted.why && one.why !== wanted.why) return false;
  if (wanted.result === "passed" && !one.passed) return false;
  if (wanted.result === "failed" && one.passed) return false;
  if ((wanted.result === "broken" || wanted.result === "mended") && one.flip !== wanted.result) return false;
  const text = [one.label, one.question, one.answer?.text ?? one.error ?? "", ...one.tags].join("\n").toLowerCase();
  return wanted.text.toLowerCase().split(/\s+/).every((word) => text.includes(word));
};
const filter = () => {
  const wanted = Object.fromEntries(new FormData(form));
  const found = rows.filter((row) => !(row.hidden = !fits(Number(row.dataset.i), wanted))).length;
  const total = rows.length === 1 ? "1 case" : `${rows.length} cases`;
  form.elements.count.value = found === rows.length ? total : `${found} of ${total}`;
  form.querySelector("[type=reset]").hidden = !Object.values(wanted).some(Boolean);
  document.querySelector(".nothing").hidden = found > 0;
  document.getElementById("list").hidden = found === 0;
};
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(filter));
document.querySelector("[data-clear]").addEventListener("click", () => form.reset());
for (const button of document.querySelectorAll("[data-filter]")) {
  button.addEventListener("click", () => {
    form.reset();
    form.elements[button.dataset.filter].value = button.dataset.value;
    setTimeout(() => {
      filter();
      document.getElementById("cases-title").scrollIntoView({ block: "start" });
      form.elements[button.dataset.filter].focus({ preventScroll: true });
    });
  });
}
const sortKey = (row, by) => (by === "ms" ? Number(row.dataset.ms) : by === "passed" ? Number(cases[row.dataset.i].passed) : String(cases[row.dataset.i][by] ?? "\uffff"));
const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true }));
for (const button of document.querySelectorAll("[data-sort]")) {
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of document.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const by = button.dataset.sort;
    rows.sort((a, b) => (down ? -1 : 1) * compare(sortKey(a, by), sortKey(b, by)) || a.dataset.i - b.dataset.i);
    body.append(...rows);
  });
}
body.addEventListener("click", (event) => {
  if (event.target.closest("a") || window.getSelection().toString()) return;
  event.target.closest("tr")?.querySelector("a").click();
});
