// Reads what hiface_pl/report/matrix_page/packing.py writes: byte planes of zigzag differences of whole numbers, deflated, base64.

const PLANES = 4;

/** @returns {Promise<Int32Array>} */
export async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return fromPlanes(new Uint8Array(await new Response(stream).arrayBuffer()));
}

function fromPlanes(planes) {
  const count = planes.length / PLANES;
  const values = new Int32Array(count);
  let last = 0;
  for (let i = 0; i < count; i++) {
    const zigzag = planes[i] | (planes[i + count] << 8) | (planes[i + 2 * count] << 16) | (planes[i + 3 * count] << 24);
    last = (last + ((zigzag >>> 1) ^ -(zigzag & 1))) | 0;
    values[i] = last;
  }
  return values;
}

/** The same in units of `step`. @returns {Promise<Float32Array>} */
export async function unpackFloats(text, step) {
  const whole = await unpack(text);
  const values = new Float32Array(whole.length);
  for (let i = 0; i < whole.length; i++) values[i] = whole[i] * step;
  return values;
}
