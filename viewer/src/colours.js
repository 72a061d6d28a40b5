// Colours of numbers: from pale (none) to dark (the most). Display values.
export const RAMP = ["#f4f1ea", "#fbd38a", "#f49a4c", "#dc5a3a", "#a21d4c", "#3d0f4a"];

export const COLOURINGS = {
  clay: { number: 0, label: "Clay", what: "Clay, without skin colour: what is seen is shape and displacement alone" },
  tension: { number: 1, label: "Tension" },
  shape: { number: 2, label: "Shape error", most: 5, unit: "mm", what: "Distance to the true surface, coarse shapes laid on each other over the face" },
  detail: { number: 3, label: "Wrinkle error", most: 0.2, unit: "mm", what: "Difference from the true displacement of what is shown" },
};

/** Red, green and blue in [0, 1]. */
export function rgb(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16) / 255);
}
