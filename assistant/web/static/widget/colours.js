// An accent the page chooses, made legible: black or white upon it, and a shade of it for words on the paper.

const ENOUGH = 4.5; // the contrast WCAG asks for between small words and their ground

/** Takes an accent over and sets what depends on it. One that is no colour is left out. */
export function colours(stage, accent) {
  const given = accent && CSS.supports("color", accent) ? accent : "";
  stage.style.setProperty("--given", given);
  if (!given) stage.style.removeProperty("--given");
  for (const name of ["--on-accent", "--accent-ink"]) stage.style.removeProperty(name);
  const own = given || getComputedStyle(stage).getPropertyValue("--ea-accent").trim();
  if (!own && !getComputedStyle(stage).getPropertyValue("--ea-paper").trim()) return;
  const [ground, paper, ink] = ["--accent", "--paper", "--ink"].map((name) => rgbOf(stage, name));
  const upon = contrast(ground, [255, 255, 255]) >= contrast(ground, [0, 0, 0]) ? "#fff" : "#000";
  stage.style.setProperty("--on-accent", upon);
  let words = ground;
  for (let share = 0.1; contrast(words, paper) < ENOUGH && share <= 1; share += 0.1) words = mixed(ground, ink, share);
  stage.style.setProperty("--accent-ink", `rgb(${words.map(Math.round).join(" ")})`);
}

/** What a custom property comes to in the stage, as [red, green, blue], 0 to 255. */
function rgbOf(stage, name) {
  const probe = stage.appendChild(document.createElement("i"));
  probe.style.color = `var(${name})`;
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  pixel.fillStyle = getComputedStyle(probe).color;
  probe.remove();
  pixel.fillRect(0, 0, 1, 1);
  return [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

function mixed(a, b, share) {
  return a.map((part, i) => part * (1 - share) + b[i] * share);
}

function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour) {
  const [r, g, b] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
