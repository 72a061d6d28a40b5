// A little help with elements.

/** An element with properties and children. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Buttons of which one is pressed. `choices` are pairs of a value and a label. */
export function choice(title, choices, chosen, changed) {
  const buttons = choices.map(([value, label]) =>
    element("button", { type: "button", textContent: label, "data-value": value, onclick: () => press(value) }),
  );
  const mark = (value) => buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.value === String(value))));
  const press = (value) => {
    mark(value);
    changed(value);
  };
  mark(chosen);
  const group = element("div", { className: "choice", role: "group", "aria-label": title }, ...buttons);
  return element("div", { className: "control" }, element("span", { className: "what", textContent: title }), group);
}
