// One row's version of one face: its shape under an expression, and the displacement maps that belong to it.
import { unpackFloats } from "./codec.js";
import { tensionWeights } from "./tension.js";

export class Row {
  /** @param scene one of the rows of scene.face_scene. */
  static async read(scene, model) {
    const row = new Row();
    row.model = model;
    row.tension = scene.tension;
    const identity = await unpackFloats(scene.neutral, model.steps.vertex);
    row.neutral = identity.map((value, i) => value + model.mean[i]);
    row.offset = await unpackFloats(scene.offset, model.steps.vertex);
    row.before = model.skin.lengths(row.neutral);
    row.layers = {};
    for (const [name, texts] of Object.entries(scene.layers)) row.layers[name] = await readMaps(texts, model.steps.map);
    row.pose(0, 0);
    return row;
  }

  get detailed() {
    return Object.keys(this.layers).length > 0;
  }

  /** Puts on the expression of a driver at a share of its strength: `at`, `weights`, `maps` then belong to it. */
  pose(driver, share) {
    const offset = this.model.drivers[driver].offset ?? this.offset;
    this.at = this.neutral.map((value, i) => value + share * offset[i]);
    this.normals = this.model.normals(this.at);
    this.weights = this.tension ? tensionWeights(this.model.skin, this.before, this.at, this.tension) : null;
    this.maps = this.mapsFor(driver, share);
  }

  /** Static map and the two that the weights blend; without tension, the dynamic map stands in the place of the first one. */
  mapsFor(driver, share) {
    if (!this.detailed) return null;
    const still = this.layers.static[0];
    if (this.tension) return [still, this.layers.compressed[driver], this.layers.stretched[driver]];
    return [still, this.sampled(driver, share), null];
  }

  /** Between the samples of a head without tension, in a straight line. */
  sampled(driver, share) {
    const { positions } = this.model;
    const samples = this.layers.dynamic;
    if (driver > 0) return mixed(samples[0], samples[positions.length + driver - 1], share);
    let below = positions.findLastIndex((position) => position <= share);
    below = Math.min(Math.max(below, 0), positions.length - 2);
    const part = (share - positions[below]) / (positions[below + 1] - positions[below]);
    return mixed(samples[below], samples[below + 1], part);
  }
}

function mixed(one, other, part) {
  return one.map((value, i) => value + part * (other[i] - value));
}

async function readMaps(texts, step) {
  const maps = [];
  for (const text of texts) maps.push(text.length < 3 ? maps[Number(text)] : await unpackFloats(text, step));
  return maps;
}
