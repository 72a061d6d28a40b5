// A row's face as something that three.js draws.
import * as THREE from "three";
import { alignedDistances, weightedMean } from "./alignment.js";
import { COLOURINGS, RAMP, rgb } from "./colours.js";
import { SKIN } from "./model.js";
import { FRAGMENT, VERTEX } from "./shader.js";

const { toHalfFloat } = THREE.DataUtils;

export class Figure {
  constructor(model) {
    this.model = model;
    this.geometry = new THREE.BufferGeometry();
    this.geometry.setIndex(new THREE.BufferAttribute(new Uint32Array(model.triangles), 1));
    for (const [name, size] of Object.entries({ position: 3, normal: 3, weights: 2, trueWeights: 2, error: 1 })) {
      this.geometry.setAttribute(name, new THREE.BufferAttribute(new Float32Array(size * model.drawn), size));
    }
    this.fixed();
    this.maps = mapTexture(model.side);
    this.material = new THREE.ShaderMaterial({ vertexShader: VERTEX, fragmentShader: FRAGMENT, uniforms: this.uniforms() });
    this.object = new THREE.Mesh(this.geometry, this.material);
    this.object.frustumCulled = false;
    this.scene = new THREE.Scene().add(this.object);
  }

  /** What no expression changes. */
  fixed() {
    const { drawn, uv, part, gaze, face, vertex } = this.model;
    const chart = new Float32Array(2 * drawn);
    for (let i = 0; i < drawn; i++) chart.set([uv[i], uv[i + drawn]], 2 * i);
    this.geometry.setAttribute("uv", new THREE.BufferAttribute(chart, 2));
    this.geometry.setAttribute("part", new THREE.BufferAttribute(Float32Array.from(part), 1));
    this.geometry.setAttribute("gaze", new THREE.BufferAttribute(gaze, 3));
    const measured = Float32Array.from(vertex, (own, i) => (part[i] === SKIN ? face[own] : 0));
    this.geometry.setAttribute("face", new THREE.BufferAttribute(measured, 1));
  }

  uniforms() {
    const values = {
      maps: this.maps,
      trueMaps: this.maps,
      detail: new THREE.Vector2(1, 1),
      wanted: new THREE.Vector2(1, 1),
      relief: 1,
      texel: 0.75 / this.model.side,
      rake: 1,
      most: 1,
      colours: 0,
      ramp: RAMP.map((hex) => new THREE.Vector3(...rgb(hex))),
    };
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
  }

  /** Takes over a row's shape and maps as they are posed now; `truth` is the ground truth's figure, itself for the truth. */
  show(row, truth) {
    this.row = row;
    this.spread("position", row.at);
    this.spread("normal", row.normals);
    const ones = row.detailed && !row.weights;
    this.weights = row.weights ?? { compressed: new Float32Array(this.model.count).fill(ones ? 1 : 0), stretched: new Float32Array(this.model.count) };
    this.spread("weights", this.weights.compressed, this.weights.stretched);
    this.spread("trueWeights", truth.weights.compressed, truth.weights.stretched);
    const distances = alignedDistances(row.at, truth.row.at, this.model.face);
    this.distance = weightedMean(distances, this.model.face);
    this.spread("error", distances);
    fillTexture(this.maps, row.maps, this.model);
    this.material.uniforms.trueMaps.value = truth.maps;
  }

  /** Switches: which detail is shown, in which colours and light, how deep. */
  look({ still, moving, colouring, rake, relief }) {
    const { uniforms } = this.material;
    const plain = !still && !moving;
    uniforms.detail.value.set(still ? 1 : 0, moving ? 1 : 0);
    uniforms.wanted.value.set(still || plain ? 1 : 0, moving || plain ? 1 : 0);
    uniforms.colours.value = colouring === "tension" && !this.row.tension ? 0 : COLOURINGS[colouring].number;
    uniforms.most.value = COLOURINGS[colouring].most ?? 1;
    uniforms.rake.value = rake ? 1 : 0;
    uniforms.relief.value = plain ? 0 : relief;
  }

  /** Planar values of vertices, side by side, to those drawn. */
  spread(name, ...values) {
    const { vertex, count, drawn } = this.model;
    const attribute = this.geometry.getAttribute(name);
    const planes = values.flatMap((value) => Array.from({ length: value.length / count }, (_, axis) => value.subarray(axis * count, (axis + 1) * count)));
    planes.forEach((plane, axis) => {
      for (let i = 0; i < drawn; i++) attribute.array[i * planes.length + axis] = plane[vertex[i]];
    });
    attribute.needsUpdate = true;
  }
}

function mapTexture(side) {
  const texture = new THREE.DataTexture(new Uint16Array(4 * side * side), side, side, THREE.RGBAFormat, THREE.HalfFloatType);
  texture.minFilter = texture.magFilter = THREE.LinearFilter;
  return texture;
}

/** Maps in millimetres to red, green and blue, the mask to alpha. Row 0 of a map is at v = 1, that of a texture at v = 0. */
function fillTexture(texture, maps, model) {
  const { side, texels, mask } = model;
  const { data } = texture.image;
  for (let i = 0; i < texels.length; i++) {
    const row = side - 1 - Math.floor(texels[i] / side);
    const place = 4 * (row * side + (texels[i] % side));
    for (let channel = 0; channel < 3; channel++) data[place + channel] = toHalfFloat(maps?.[channel]?.[i] ?? 0);
    data[place + 3] = toHalfFloat(mask[i]);
  }
  texture.needsUpdate = true;
}
