// The run's data, and elements made of text: what comes from outside reaches the page as text nodes only.
const { essays, cases } = JSON.parse(document.getElementById("data").textContent);
const rows = [...document.querySelectorAll("#list tbody tr")];

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
};
