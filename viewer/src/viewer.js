// All rows of one face side by side, under the same camera, expression and switches.
import { COLOURINGS } from "./colours.js";
import { choice, element } from "./dom.js";
import { Figure } from "./figure.js";
import { legend } from "./legend.js";
import { Model } from "./model.js";
import { Row } from "./row.js";
import { Stage, placesOf } from "./stage.js";

const DETAIL = { coarse: [false, false], static: [true, false], dynamic: [false, true], both: [true, true] };
const DETAIL_LABELS = [["coarse", "Coarse"], ["static", "+ static"], ["dynamic", "+ dynamic"], ["both", "+ both"]];

export class Viewer {
  /** Builds the viewer in `root`; `scene` is that of all faces, `faces` those of each. */
  static async open(root, scene, faces) {
    const viewer = new Viewer();
    Object.assign(viewer, { root, scene, faces, read: new Map(), figures: [], hidden: new Set() });
    viewer.state = { face: 0, driver: 0, share: 1, detail: "both", colouring: "clay", rake: true, relief: 1 };
    viewer.model = await Model.read(scene);
    viewer.build();
    await viewer.choose(0);
    return viewer;
  }

  build() {
    this.grid = element("div", { className: "grid" });
    this.cells = this.scene.rows.map((row) => this.cell(row));
    this.grid.append(...this.cells.map((cell) => cell.box));
    this.legendPlace = element("div", { className: "legend-place" }, legend("clay"));
    this.root.replaceChildren(this.portraits(), this.switches(), this.legendPlace, this.grid);
    this.stage = new Stage(this.grid, placesOf(this.scene));
    this.figures = this.scene.rows.map(() => new Figure(this.model));
  }

  cell({ name, caption }) {
    const window = element("div", { className: "window" });
    const number = element("span", { className: "number" });
    const title = element("div", { className: "title" }, element("b", { textContent: name }), number);
    const box = element("figure", { className: name === this.scene.rows[0].name ? "cell truth" : "cell", "data-row": name }, window, element("figcaption", {}, title, element("span", { textContent: caption })));
    return { name, box, window, number };
  }

  portraits() {
    const buttons = this.faces.map((face, i) =>
      element("button", { type: "button", title: face.name, onclick: () => this.choose(i) }, element("img", { src: face.picture, alt: face.name }), element("span", { textContent: face.name })),
    );
    this.portraitButtons = buttons;
    return element("div", { className: "portraits", role: "group", "aria-label": "Face" }, ...buttons);
  }

  switches() {
    const set = (name) => (value) => this.set({ [name]: value });
    const drivers = this.model.drivers.map((driver, i) => [i, driver.name]);
    return element("div", { className: "switches" },
      this.slider(),
      choice("Expression", drivers, 0, (driver) => this.set({ driver: Number(driver), share: 1 })),
      choice("Detail", DETAIL_LABELS, "both", set("detail")),
      choice("Colours", Object.entries(COLOURINGS).map(([name, { label }]) => [name, label]), "clay", set("colouring")),
      choice("View", Object.entries(this.stagePlaces()).map(([name, { label }]) => [name, label]), "front", (name) => this.stage.look(name)),
      choice("Light", [[true, "Raking"], [false, "Soft"]], true, (rake) => this.set({ rake: String(rake) === "true" })),
      choice("Depth of wrinkles", [[1, "true"], [3, "× 3"]], 1, (relief) => this.set({ relief: Number(relief) })),
      this.shownRows(),
    );
  }

  stagePlaces() {
    return placesOf(this.scene);
  }

  slider() {
    this.range = element("input", { type: "range", min: 0, step: 0.01, id: "strength", oninput: () => this.set({ share: Number(this.range.value) }) });
    this.told = element("output", { htmlFor: "strength" });
    return element("div", { className: "control broad" }, element("label", { className: "what", htmlFor: "strength", textContent: "Strength" }), element("div", { className: "slide" }, this.range, this.told));
  }

  shownRows() {
    const boxes = this.scene.rows.slice(1).map(({ name }) => {
      const box = element("input", { type: "checkbox", checked: true, onchange: () => this.hide(name, !box.checked) });
      return element("label", {}, box, name);
    });
    return element("details", { className: "control broad" }, element("summary", { textContent: "Rows that are shown" }), element("div", { className: "chips" }, ...boxes));
  }

  hide(name, hidden) {
    if (hidden) this.hidden.add(name);
    else this.hidden.delete(name);
    this.hang();
  }

  /** Shows another face; the first time, its numbers are unpacked. */
  async choose(face) {
    this.portraitButtons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === face)));
    if (!this.read.has(face)) {
      this.root.classList.add("busy");
      this.read.set(face, await Promise.all(this.faces[face].rows.map((row) => Row.read(row, this.model))));
      this.root.classList.remove("busy");
    }
    this.set({ face });
    this.hang();
  }

  /** Changes part of the state and draws what follows from it. */
  set(changes) {
    Object.assign(this.state, changes);
    const { face, driver, share, detail } = this.state;
    if (!this.read.has(face)) return;
    if (["face", "driver", "share"].some((name) => name in changes)) this.pose(this.read.get(face), driver, share);
    const [still, moving] = DETAIL[detail];
    this.figures.forEach((figure) => figure.look({ ...this.state, still, moving }));
    if ("colouring" in changes) this.legendPlace.replaceChildren(legend(this.state.colouring));
    this.stage.draw();
  }

  pose(rows, driver, share) {
    rows.forEach((row) => row.pose(driver, share));
    this.figures[0].show(rows[0], this.figures[0]);
    rows.slice(1).forEach((row, i) => this.figures[i + 1].show(row, this.figures[0]));
    this.cells.slice(1).forEach((cell, i) => (cell.number.textContent = `shape ${this.figures[i + 1].distance.toFixed(2)} mm`));
    Object.assign(this.range, { max: this.model.drivers[driver].most, value: share });
    this.told.textContent = `${Math.round(100 * share)} %`;
  }

  hang() {
    for (const { name, box } of this.cells) box.hidden = this.hidden.has(name);
    this.stage.hang(this.cells.flatMap(({ window, box }, i) => (box.hidden ? [] : [[window, this.figures[i]]])));
  }
}
