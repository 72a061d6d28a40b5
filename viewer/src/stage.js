// One canvas behind a grid of cells: each cell is a window onto its figure, and all share one camera.
import * as THREE from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";

const FIELD = 22;
const SHARPEST = 2;
const BACKGROUND = 0xf3f2ee;
const HEAD = 268;

export class Stage {
  /** @param grid the element whose children of class `window` show the figures. */
  constructor(grid, places) {
    this.grid = grid;
    this.places = places;
    this.canvas = grid.appendChild(document.createElement("canvas"));
    this.renderer = new THREE.WebGLRenderer({ canvas: this.canvas, antialias: true, preserveDrawingBuffer: true });
    this.renderer.outputColorSpace = THREE.LinearSRGBColorSpace; // the shader encodes
    this.renderer.setScissorTest(true);
    this.camera = new THREE.PerspectiveCamera(FIELD, 1, 20, 4000);
    this.controls = new OrbitControls(this.camera, grid);
    Object.assign(this.controls, { enableDamping: false, minDistance: 90, maxDistance: 1600, rotateSpeed: 0.8 });
    this.controls.addEventListener("change", () => this.draw());
    grid.style.touchAction = "pan-y"; // a finger that moves up or down scrolls the page
    grid.addEventListener("wheel", scrollsThePage, { capture: true });
    grid.addEventListener("dblclick", () => this.look("front"));
    new ResizeObserver(() => this.draw()).observe(grid);
    this.windows = [];
    this.look("front");
  }

  /** Which window shows which figure: pairs of an element and a figure. */
  hang(windows) {
    this.windows = windows;
    this.draw();
  }

  /** Turns the camera to one of the places: where to look, from which direction, how many millimetres high. */
  look(name) {
    const { at, from, height } = this.places[name];
    const away = height / 2 / Math.tan((FIELD * Math.PI) / 360);
    this.controls.target.set(...at);
    this.camera.position.set(...from).normalize().multiplyScalar(away).add(this.controls.target);
    this.controls.update();
    this.draw();
  }

  /** Draws everything once, in the next frame. */
  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.render();
    });
  }

  render() {
    const all = this.grid.getBoundingClientRect();
    if (!all.width) return;
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, SHARPEST));
    this.renderer.setSize(all.width, all.height, false);
    this.renderer.setScissor(0, 0, all.width, all.height);
    this.renderer.setClearColor(BACKGROUND, 0);
    this.renderer.clear();
    this.renderer.setClearColor(BACKGROUND, 1);
    for (const [element, figure] of this.windows) this.window(element.getBoundingClientRect(), all, figure);
    this.frames = (this.frames ?? 0) + 1;
  }

  window(place, all, figure) {
    const rectangle = [place.left - all.left, all.bottom - place.bottom, place.width, place.height];
    this.renderer.setViewport(...rectangle);
    this.renderer.setScissor(...rectangle);
    this.camera.aspect = place.width / place.height;
    this.camera.updateProjectionMatrix();
    this.renderer.render(figure.scene, this.camera);
  }
}

/** Where the camera can look: from the middle of the face and the places that the page brings, in mm. */
export function placesOf(scene) {
  const { face, brows, eye, mouth } = scene.places;
  return {
    front: { label: "Front", at: face, from: [0, 0.02, 1], height: HEAD },
    side: { label: "Three-quarter", at: face, from: [0.62, 0.04, 0.78], height: HEAD },
    forehead: { label: "Forehead", at: [brows[0], brows[1] + 22, brows[2]], from: [0, 0.12, 1], height: 105 },
    eye: { label: "Eye", at: eye, from: [0.45, 0.05, 0.9], height: 75 },
    mouth: { label: "Mouth", at: mouth, from: [0.2, 0, 1], height: 110 },
  };
}

/** The wheel scrolls the page, unless Ctrl (or a pinch) asks for zoom. */
function scrollsThePage(event) {
  if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
}
