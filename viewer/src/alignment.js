// The rigid motion that lays one set of points onto another (Horn's quaternion method), and the distances that remain.

/** Distances in the points' unit between corresponding points, once `source` lies on `target` as well as `weights` ask. Planar. */
export function alignedDistances(source, target, weights) {
  const n = weights.length;
  const from = centre(source, weights);
  const onto = centre(target, weights);
  const turn = rotation(covariance(source, target, weights, from, onto));
  const distances = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const p = [source[i] - from[0], source[i + n] - from[1], source[i + 2 * n] - from[2]];
    let square = 0;
    for (let row = 0; row < 3; row++) {
      const moved = turn[row][0] * p[0] + turn[row][1] * p[1] + turn[row][2] * p[2];
      square += (moved + onto[row] - target[i + row * n]) ** 2;
    }
    distances[i] = Math.sqrt(square);
  }
  return distances;
}

/** The mean of values with weights. */
export function weightedMean(values, weights) {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i] * values[i];
    total += weights[i];
  }
  return sum / total;
}

function centre(points, weights) {
  const n = weights.length;
  return [0, 1, 2].map((axis) => weightedMean(points.subarray(axis * n, (axis + 1) * n), weights));
}

function covariance(source, target, weights, from, onto) {
  const n = weights.length;
  const sums = [0, 1, 2].map(() => [0, 0, 0]);
  for (let i = 0; i < n; i++) {
    if (weights[i] === 0) continue;
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) sums[a][b] += weights[i] * (source[i + a * n] - from[a]) * (target[i + b * n] - onto[b]);
    }
  }
  return sums;
}

/** The rotation matrix of the quaternion that is the first eigenvector of Horn's matrix. */
function rotation(s) {
  const matrix = [
    [s[0][0] + s[1][1] + s[2][2], s[1][2] - s[2][1], s[2][0] - s[0][2], s[0][1] - s[1][0]],
    [s[1][2] - s[2][1], s[0][0] - s[1][1] - s[2][2], s[0][1] + s[1][0], s[2][0] + s[0][2]],
    [s[2][0] - s[0][2], s[0][1] + s[1][0], s[1][1] - s[0][0] - s[2][2], s[1][2] + s[2][1]],
    [s[0][1] - s[1][0], s[2][0] + s[0][2], s[1][2] + s[2][1], s[2][2] - s[0][0] - s[1][1]],
  ];
  const [w, x, y, z] = largest(matrix);
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ];
}

/** The eigenvector of the largest eigenvalue of a symmetric matrix: powers of the matrix, squared until they agree. */
function largest(matrix) {
  const shift = matrix.flat().reduce((sum, value) => sum + Math.abs(value), 0) || 1;
  let power = matrix.map((row, i) => row.map((value, j) => value / shift + (i === j ? 1 : 0)));
  for (let step = 0; step < 40; step++) {
    power = power.map((row) => row.map((_, j) => row.reduce((sum, value, k) => sum + value * power[k][j], 0)));
    const size = Math.max(...power.flat().map(Math.abs));
    power = power.map((row) => row.map((value) => value / size));
  }
  const column = [0, 1, 2, 3].reduce((best, j) => (power[j][j] > power[best][best] ? j : best), 0);
  const vector = power.map((row) => row[column]);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
