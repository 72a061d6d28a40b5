// The look of a face: clay in the light of hiface_pl/rendering/studio.py, with furrows as changed normals, or numbers as colours.

export const VERTEX = /* glsl */ `
attribute vec2 weights;
attribute vec3 gaze;
attribute float part;
attribute float error;
attribute float face;
attribute vec2 trueWeights;
varying vec3 vPosition, vNormal, vGaze;
varying vec2 vUv, vWeights, vTrueWeights;
varying float vPart, vError, vFace;
void main() {
  vec4 seen = modelViewMatrix * vec4(position, 1.0);
  vPosition = seen.xyz;
  vNormal = normalMatrix * normal;
  vUv = uv;
  vWeights = weights;
  vTrueWeights = trueWeights;
  vGaze = gaze;
  vPart = part;
  vError = error;
  vFace = face;
  gl_Position = projectionMatrix * seen;
}`;

export const FRAGMENT = /* glsl */ `
precision highp float;
uniform sampler2D maps, trueMaps;
uniform vec2 detail, wanted;
uniform float relief, texel, rake, most;
uniform int colours;
uniform vec3 ramp[6];
varying vec3 vPosition, vNormal, vGaze;
varying vec2 vUv, vWeights, vTrueWeights;
varying float vPart, vError, vFace;

float height(vec3 value, vec2 weights, vec2 shown) {
  return shown.x * value.x + shown.y * (weights.x * value.y + weights.y * value.z);
}

/** How the height changes from pixel to pixel: the maps' own slopes, and those of the weights. */
vec2 slope() {
  vec2 du = vec2(texel, 0.0), dv = vec2(0.0, texel);
  vec3 here = texture2D(maps, vUv).rgb;
  vec3 alongU = (texture2D(maps, vUv + du).rgb - texture2D(maps, vUv - du).rgb) / (2.0 * texel);
  vec3 alongV = (texture2D(maps, vUv + dv).rgb - texture2D(maps, vUv - dv).rgb) / (2.0 * texel);
  vec2 gradient = vec2(height(alongU, vWeights, detail), height(alongV, vWeights, detail));
  vec2 turning = detail.y * here.yz;
  return vec2(
    dot(gradient, dFdx(vUv)) + dot(turning, dFdx(vWeights)),
    dot(gradient, dFdy(vUv)) + dot(turning, dFdy(vWeights)));
}

/** The normal of S + D n where D changes from pixel to pixel by slope(): surface gradients, after Mikkelsen. */
vec3 furrowed(vec3 normal) {
  vec3 across = dFdx(vPosition), along = dFdy(vPosition);
  vec3 one = cross(along, normal), other = cross(normal, across);
  float area = dot(across, one);
  vec2 change = relief * slope();
  return normalize(abs(area) * normal - sign(area) * (change.x * one + change.y * other));
}

float lit(vec3 normal, vec3 direction, float wrap) {
  return max((dot(normal, normalize(direction)) + wrap) / (1.0 + wrap), 0.0);
}

/** A soft key from the upper left, or light that grazes the face from the upper right, in which shallow furrows show. */
vec3 studio(vec3 n, vec3 albedo) {
  vec3 light = mix(vec3(0.10, 0.085, 0.08), vec3(0.19, 0.21, 0.235), n.y * 0.5 + 0.5);
  vec3 soft = lit(n, vec3(-0.62, 0.62, 0.48), 0.0) * vec3(1.22, 1.17, 1.10) + lit(n, vec3(0.75, 0.05, 0.55), 0.2) * vec3(0.15, 0.18, 0.23);
  vec3 grazing = lit(n, vec3(0.52, 0.82, 0.30), 0.0) * vec3(1.75, 1.68, 1.58) + lit(n, vec3(-0.80, 0.20, 0.35), 0.0) * vec3(0.26, 0.29, 0.34);
  return albedo * (light + mix(soft, grazing, rake));
}

vec3 skin(vec3 clay) {
  float eye = length(vGaze);
  if (vPart < 0.5) return clay;
  if (vPart < 1.5) return vec3(0.12, 0.03, 0.03);
  if (vPart > 3.5) return vec3(0.60, 0.56, 0.50);
  float angle = degrees(acos(clamp(vGaze.z / max(eye, 1e-6), -1.0, 1.0)));
  vec3 iris = mix(vec3(0.10, 0.07, 0.05), vec3(0.55, 0.53, 0.52), smoothstep(23.0, 28.0, angle));
  return mix(vec3(0.01), iris, smoothstep(9.0, 13.0, angle));
}

vec3 onRamp(float value) {
  float place = clamp(value / most, 0.0, 1.0) * 5.0;
  vec3 colour = ramp[0];
  for (int i = 0; i < 5; i++) colour = mix(colour, ramp[i + 1], clamp(place - float(i), 0.0, 1.0));
  return colour;
}

vec3 encode(vec3 linear) {
  vec3 c = clamp(linear, 0.0, 1.0);
  return mix(12.92 * c, 1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, c));
}

vec3 shaded(vec3 colour, vec3 n) {
  return colour * (0.72 + 0.28 * clamp(0.35 * n.x + 0.6 * n.y + 0.75 * n.z, 0.0, 1.0));
}

void main() {
  vec3 coarse = normalize(vNormal);
  bool furrows = vPart < 0.5 && relief > 0.0;
  vec3 n = furrows ? furrowed(coarse) : coarse;
  vec3 albedo = skin(vec3(0.44, 0.395, 0.365));
  if (colours == 1) {
    albedo += vWeights.x * (vec3(0.65, 0.03, 0.02) - albedo) + vWeights.y * (vec3(0.03, 0.12, 0.70) - albedo);
  }
  vec3 colour = encode(studio(n, albedo));
  if (colours >= 2 && vPart < 0.5) {
    float off = abs(height(texture2D(maps, vUv).rgb, vWeights, detail) - height(texture2D(trueMaps, vUv).rgb, vTrueWeights, wanted));
    float known = colours == 2 ? vFace : texture2D(trueMaps, vUv).a;
    vec3 numbers = shaded(onRamp(colours == 2 ? vError : off), colours == 2 ? coarse : n);
    colour = mix(shaded(vec3(0.80), coarse), numbers, smoothstep(0.0, 0.25, known));
  }
  gl_FragColor = vec4(colour, 1.0);
}`;
