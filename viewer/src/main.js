// Finds what the page brings and opens the viewer.
import { Viewer } from "./viewer.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);

async function open() {
  const root = document.getElementById("viewer");
  const faces = [...document.querySelectorAll("script[data-face]")].map((script) => JSON.parse(script.textContent));
  try {
    window.hifaceViewer = await Viewer.open(root, read("scene"), faces);
    root.dataset.state = "open";
  } catch (error) {
    root.dataset.state = "failed";
    root.textContent = `The 3D view cannot be shown in this browser (${error.message}): it needs WebGL 2 and DecompressionStream. The tables below do not.`;
    console.error(error);
  }
}

if (document.getElementById("scene")) open();
