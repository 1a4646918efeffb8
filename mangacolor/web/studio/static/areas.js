/**
 * The map of a page's areas: which pixel belongs to which. The server sends it as a picture whose red, green and blue
 * are the 24 bits of a number, 0 where there is no area. Pure functions but `readMap`.
 */

const NEAR_PX = 4; // of the map: so far from a line the area beside it is meant

/** Read the map from a picture, for a page that may be larger than it. */
export async function readMap(blob, page) {
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return createMap(context.getImageData(0, 0, width, height).data, width, height, page.width / width);
}

/**
 * @param rgba four bytes a pixel
 * @param scale pixels of the page for one of the map
 */
export function createMap(rgba, width, height, scale = 1) {
  const numbers = new Uint32Array(width * height);
  for (let i = 0; i < numbers.length; i++) numbers[i] = (rgba[4 * i] << 16) | (rgba[4 * i + 1] << 8) | rgba[4 * i + 2];
  return { numbers, width, height, scale };
}

/** The area at a point of the page, or the nearest one beside the line it lies on; 0 where there is none. */
export function areaAt(map, point) {
  const [cx, cy] = [Math.floor(point.x / map.scale), Math.floor(point.y / map.scale)];
  if (cx < 0 || cy < 0 || cx >= map.width || cy >= map.height) return 0;
  let [found, best] = [map.numbers[cy * map.width + cx], Infinity];
  if (found) return found;
  for (let y = Math.max(0, cy - NEAR_PX); y <= Math.min(map.height - 1, cy + NEAR_PX); y++) {
    for (let x = Math.max(0, cx - NEAR_PX); x <= Math.min(map.width - 1, cx + NEAR_PX); x++) {
      const far = (x - cx) ** 2 + (y - cy) ** 2;
      if (far < best && map.numbers[y * map.width + x]) [found, best] = [map.numbers[y * map.width + x], far];
    }
  }
  return found;
}

/**
 * The border of an area as closed loops of points of the page, inner borders too; filled by the even-odd rule it is the
 * area. Corners are cut from the middle of one pixel's side to the middle of the next, so that slants are slants.
 */
export function outline(map, area) {
  const next = sides(map, area);
  const loops = [];
  for (const start of next.keys()) {
    const loop = [];
    for (let side = start; next.has(side);) {
      const to = next.get(side);
      next.delete(side);
      loop.push(middle(side, map));
      side = to;
    }
    if (loop.length) loops.push(straightened(loop));
  }
  return loops;
}

// A side is a number: 4 * corner + direction, for an edge between two pixels walked with the area to its right.
const [RIGHT, DOWN, LEFT, UP] = [0, 1, 2, 3];
const STEP = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
];

/** Which side of the border follows which. */
function sides({ numbers, width, height }, area) {
  const wide = width + 1;
  const isIn = (x, y) => x >= 0 && y >= 0 && x < width && y < height && numbers[y * width + x] === area;
  const there = new Set();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (numbers[y * width + x] !== area) continue;
      if (!isIn(x, y - 1)) there.add(4 * (y * wide + x) + RIGHT);
      if (!isIn(x + 1, y)) there.add(4 * (y * wide + x + 1) + DOWN);
      if (!isIn(x, y + 1)) there.add(4 * ((y + 1) * wide + x + 1) + LEFT);
      if (!isIn(x - 1, y)) there.add(4 * ((y + 1) * wide + x) + UP);
    }
  }
  const next = new Map();
  for (const side of there) {
    const [corner, direction] = [side >> 2, side & 3];
    const [dx, dy] = STEP[direction];
    const end = corner + dy * wide + dx;
    // Where two pixels touch at a corner only, the border turns right and keeps them apart.
    const turn = [1, 0, 3].find((turned) => there.has(4 * end + ((direction + turned) & 3)));
    next.set(side, 4 * end + ((direction + turn) & 3));
  }
  return next;
}

function middle(side, { width, scale }) {
  const [corner, direction] = [side >> 2, side & 3];
  const [dx, dy] = STEP[direction];
  const [x, y] = [corner % (width + 1), Math.floor(corner / (width + 1))];
  return { x: (x + dx / 2) * scale, y: (y + dy / 2) * scale };
}

/** Leave out points in the middle of straight runs. */
function straightened(loop) {
  return loop.filter((point, i) => {
    const [a, b] = [loop.at(i - 1), loop[(i + 1) % loop.length]];
    return Math.abs((point.x - a.x) * (b.y - point.y) - (point.y - a.y) * (b.x - point.x)) > 1e-9;
  });
}
