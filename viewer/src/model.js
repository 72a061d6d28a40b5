// The mesh that all faces share.
import { unpack, unpackFloats } from "./codec.js";
import { SkinMesh } from "./tension.js";

export const SKIN = 0;
const EYES = [2, 3];

export class Model {
  /** @param scene what scene.model_scene made. */
  static async read(scene) {
    const { steps } = scene;
    const texts = [scene.corners, scene.triangles, scene.edges, scene.map.texels];
    const [corners, triangles, edges, texels] = await Promise.all(texts.map(unpack));
    const model = new Model();
    Object.assign(model, { steps, count: scene.count, triangles, texels, side: scene.map.side, positions: scene.positions });
    model.drawn = corners.length / 3;
    model.vertex = corners.subarray(0, model.drawn);
    model.part = corners.subarray(2 * model.drawn);
    model.skin = new SkinMesh(edges, scene.count);
    model.mean = await unpackFloats(scene.mean, steps.vertex);
    model.uv = await unpackFloats(scene.uv, steps.uv);
    model.face = await unpackFloats(scene.face, steps.weight);
    model.mask = await unpackFloats(scene.map.mask, steps.weight);
    model.faces = model.vertexTriangles();
    model.gaze = model.gazeDirections();
    model.drivers = await Promise.all(scene.drivers.map((driver) => readDriver(driver, steps.vertex)));
    return model;
  }

  /** Triangles between vertices, without the seams of the chart. */
  vertexTriangles() {
    return this.triangles.map((corner) => this.vertex[corner]);
  }

  /** For drawn vertices of eyeballs, the direction from the eye's centre on the mean face, which irises are painted by; else 0. */
  gazeDirections() {
    const gaze = new Float32Array(3 * this.drawn);
    for (const eye of EYES) {
      const own = [...this.part.keys()].filter((corner) => this.part[corner] === eye);
      for (let axis = 0; axis < 3; axis++) {
        const along = own.map((corner) => this.mean[this.vertex[corner] + axis * this.count]);
        const middle = (Math.min(...along) + Math.max(...along)) / 2;
        own.forEach((corner, i) => (gaze[3 * corner + axis] = along[i] - middle));
      }
    }
    return gaze;
  }

  /** Unit normals at the vertices, weighted by areas; planar. */
  normals(at) {
    const n = this.count;
    const sums = new Float32Array(3 * n);
    for (let f = 0; f < this.faces.length; f += 3) {
      const [a, b, c] = [this.faces[f], this.faces[f + 1], this.faces[f + 2]];
      const [ux, uy, uz] = [at[b] - at[a], at[b + n] - at[a + n], at[b + 2 * n] - at[a + 2 * n]];
      const [vx, vy, vz] = [at[c] - at[a], at[c + n] - at[a + n], at[c + 2 * n] - at[a + 2 * n]];
      const [x, y, z] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
      for (const corner of [a, b, c]) {
        sums[corner] += x;
        sums[corner + n] += y;
        sums[corner + 2 * n] += z;
      }
    }
    for (let i = 0; i < n; i++) {
      const length = Math.hypot(sums[i], sums[i + n], sums[i + 2 * n]) || 1;
      for (let axis = 0; axis < 3; axis++) sums[i + axis * n] /= length;
    }
    return sums;
  }
}

async function readDriver(driver, step) {
  return { ...driver, offset: driver.offset ? await unpackFloats(driver.offset, step) : null };
}
