/**
 * Where a page lies on the screen. A view is {scale, x, y}: point p of the page is shown at p * scale + (x, y), in CSS
 * pixels of the stage. Pure functions.
 */

const LARGEST_SCALE = 16;
const MARGIN_PX = 16; // around a page that fits
const MOST_POINTS = 2000; // of one stroke
const KEPT_PX = 48; // of a page stays in sight however far it is moved

/** The view that shows a whole page, not larger than it is unless it is tiny. */
export function fit(page, stage) {
  const room = { width: stage.width - 2 * MARGIN_PX, height: stage.height - 2 * MARGIN_PX };
  const scale = Math.min(2, Math.max(0.01, Math.min(room.width / page.width, room.height / page.height)));
  return { scale, x: (stage.width - page.width * scale) / 2, y: (stage.height - page.height * scale) / 2 };
}

export function toPage(view, point) {
  return { x: (point.x - view.x) / view.scale, y: (point.y - view.y) / view.scale };
}

export function toScreen(view, point) {
  return { x: point.x * view.scale + view.x, y: point.y * view.scale + view.y };
}

/** Zoom by a factor, so that what lies at `point` of the stage stays there. */
export function zoomAt(view, point, factor, page, stage) {
  const least = Math.min(1, fit(page, stage).scale / 2);
  const scale = Math.min(LARGEST_SCALE, Math.max(least, view.scale * factor));
  const held = toPage(view, point);
  return keepInSight({ scale, x: point.x - held.x * scale, y: point.y - held.y * scale }, page, stage);
}

export function panBy(view, dx, dy, page, stage) {
  return keepInSight({ ...view, x: view.x + dx, y: view.y + dy }, page, stage);
}

/** Two fingers that were at `from` are at `to` now: what lay under them lies under them still. */
export function pinch(view, from, to, page, stage) {
  const middle = ([a, b]) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const span = ([a, b]) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
  const [before, after] = [middle(from), middle(to)];
  const moved = { ...view, x: view.x + after.x - before.x, y: view.y + after.y - before.y };
  return zoomAt(moved, after, span(to) / span(from), page, stage);
}

export function keepInSight(view, page, stage) {
  const hold = (at, length, room) => Math.min(room - KEPT_PX, Math.max(KEPT_PX - length, at));
  return {
    scale: view.scale,
    x: hold(view.x, page.width * view.scale, stage.width),
    y: hold(view.y, page.height * view.scale, stage.height),
  };
}

export function isOnPage(point, page) {
  return point.x >= 0 && point.y >= 0 && point.x < page.width && point.y < page.height;
}

/**
 * Leave out points of a stroke that lie closer than `least` to the one before; the ends stay. Whole pixels, on the
 * page, and not more than the server takes.
 */
export function thinned(points, least, page) {
  const kept = [];
  points.forEach((point, i) => {
    const [x, y] = [
      Math.min(page.width - 1, Math.max(0, Math.round(point.x))),
      Math.min(page.height - 1, Math.max(0, Math.round(point.y))),
    ];
    const last = kept.at(-1);
    const isEnd = i === points.length - 1;
    if (!last || Math.hypot(x - last[0], y - last[1]) >= least || (isEnd && (x !== last[0] || y !== last[1]))) {
      kept.push([x, y]);
    }
  });
  return kept.length > MOST_POINTS ? thinned(points, 2 * least, page) : kept;
}
