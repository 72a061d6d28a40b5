// The bar that says what colours mean.
import { COLOURINGS, RAMP } from "./colours.js";
import { element } from "./dom.js";

export function legend(name) {
  const { most, unit, what } = COLOURINGS[name];
  if (name === "tension") return swatches();
  if (!most) return element("div", { className: "legend" }, element("p", { textContent: what }));
  const bar = element("div", { className: "bar" });
  bar.style.background = `linear-gradient(to right, ${RAMP.join(", ")})`;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share, i) => element("span", { textContent: `${i === 4 ? "≥ " : ""}${round(share * most)}${i === 4 ? ` ${unit}` : ""}` }));
  return element("div", { className: "legend" }, element("p", { textContent: what }), element("div", { className: "scale" }, bar, element("div", { className: "ticks" }, ...ticks)));
}

function swatches() {
  const swatch = (colour, text) => element("span", { className: "swatch" }, Object.assign(element("i"), { style: `background:${colour}` }), text);
  const text = "Skin is compressed (its edges are shorter than in the neutral face) or stretched, which blends the two maps of dynamic detail";
  return element("div", { className: "legend" }, element("p", { textContent: text }), swatch("#c0302b", "compressed"), swatch("#3a56c4", "stretched"));
}

function round(value) {
  return Number(value.toPrecision(3)).toString();
}
