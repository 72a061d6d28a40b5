// Vertex tension, as hiface_pl/details/tension.py and skin_edges.py have it: the same clamps, smoothing, dead zone and gains.
// Coordinates are planar: all x, then all y, then all z.

export class SkinMesh {
  /** `ends` are the edges of the skin's faces: all first vertices, then all second ones. */
  constructor(ends, vertices) {
    this.edges = ends.length / 2;
    this.vertices = vertices;
    this.first = ends.subarray(0, this.edges);
    this.second = ends.subarray(this.edges);
    this.degree = new Float32Array(vertices);
    for (const vertex of ends) this.degree[vertex] += 1;
  }

  /** Lengths of all edges. */
  lengths(at) {
    const n = this.vertices;
    const found = new Float32Array(this.edges);
    for (let e = 0; e < this.edges; e++) {
      const a = this.first[e];
      const b = this.second[e];
      found[e] = Math.hypot(at[a] - at[b], at[a + n] - at[b + n], at[a + 2 * n] - at[b + 2 * n]);
    }
    return found;
  }

  /** Means over the edges that meet in a vertex. */
  ringMeans(values) {
    const sums = new Float32Array(this.vertices);
    for (let e = 0; e < this.edges; e++) {
      sums[this.first[e]] += values[e];
      sums[this.second[e]] += values[e];
    }
    return sums.map((sum, vertex) => sum / Math.max(this.degree[vertex], 1));
  }

  /** So many times half way to the mean of the neighbours. */
  smoothed(values, halfSteps) {
    for (let step = 0; step < halfSteps; step++) {
      const sums = new Float32Array(this.vertices);
      for (let e = 0; e < this.edges; e++) {
        sums[this.first[e]] += values[this.second[e]];
        sums[this.second[e]] += values[this.first[e]];
      }
      values = values.map((value, vertex) => (value + sums[vertex] / Math.max(this.degree[vertex], 1)) / 2);
    }
    return values;
  }
}

/** The weights of the two poles at the vertices, each in [0, 1]. */
export function tensionWeights(mesh, before, at, recipe) {
  const after = mesh.lengths(at);
  const change = after.map((length, e) => 1 - ratio(before[e], length, recipe));
  const means = (values) => mesh.smoothed(mesh.ringMeans(values), recipe.smoothing);
  const split = recipe.kind === "split";
  const compressed = means(split ? change.map((value) => Math.max(value, 0)) : change);
  const stretched = split ? means(change.map((value) => Math.max(-value, 0))) : compressed.map((value) => -value);
  return {
    compressed: compressed.map((value) => weight(value, recipe.gain_compressed, recipe.dead_zone)),
    stretched: stretched.map((value) => weight(value, recipe.gain_stretched, recipe.dead_zone)),
  };
}

function ratio(before, after, recipe) {
  if (before <= recipe.shortest) return 1;
  return Math.min(Math.max(after / before, recipe.least), recipe.most);
}

function weight(value, gain, deadZone) {
  return Math.min(Math.max(gain * (value - deadZone), 0), 1);
}
