/** The canvas: which page it shows, through which view, and what lies under the pointer. */

import { h } from "./dom.js";
import { fit, isOnPage, keepInSight, panBy, pinch, toPage, toScreen, zoomAt } from "./geometry.js";
import { paint } from "./paint.js";
import { awaited, currentPage, toolInUse } from "./state.js";

const FADE_MS = 220;
const CROSS_STEP_PX = 12; // on the screen

export function createStage({ store }) {
  const canvas = h("canvas", {
    class: "canvas",
    tabIndex: 0,
    role: "application",
    "aria-label": "Page",
    "aria-describedby": "canvas-help",
  });
  const context = canvas.getContext("2d");
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  let [pictures, page, view, size] = [null, null, null, { width: 0, height: 0 }];
  let isFitted = true;
  let [pointer, cross, stroke, fade] = [null, null, null, null];
  let split = null;
  let frame = 0;

  function invalidate() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  }

  function draw() {
    const { state } = store;
    const tool = toolInUse(state);
    if (fade) {
      fade.share = Math.min(1, (performance.now() - fade.start) / FADE_MS);
      if (fade.share >= 1) fade = null;
      else invalidate();
    }
    tellBusy();
    const ratio = devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(context, {
      size,
      view,
      page,
      pictures,
      fade,
      split: state.comparing ? split : null,
      isBefore: state.before,
      waiting: waiting(state),
      hover: stroke ? null : hovered(tool, state),
      stroke,
      marks: state.marks && page ? { hints: page.hints, locks: page.locks } : null,
      cross,
      ring: ring(tool, state),
      theme: { shadow: "rgb(0 0 0 / 0.35)" },
    });
  }

  /** Say whether something is awaited: colour, areas, answers, or the end of a change that is being shown. */
  function tellBusy() {
    const isReady = pictures?.isCurrent && pictures.map && !store.state.queue.length && !fade;
    canvas.setAttribute("aria-busy", !isReady);
  }

  function waiting(state) {
    if (!pictures) return [];
    const shown = [];
    for (const { kind, x, y, color, points, radius } of awaited(state)) {
      if (kind === "brush")
        shown.push({ stroke: { points: points.map(([px, py]) => ({ x: px, y: py })), radius, color } });
      else if (pictures.areaAt({ x, y })) shown.push({ path: pictures.pathAt({ x, y }), color });
    }
    return shown;
  }

  function hovered(tool, state) {
    const at = cross ?? pointer?.page;
    if (!at || !pictures || !["fill", "lock", "picker"].includes(tool)) return null;
    const path = pictures.pathAt(at);
    return path && { path, color: tool === "fill" ? state.color : null };
  }

  function ring(tool, state) {
    if (!pointer || (tool !== "brush" && tool !== "eraser")) return null;
    return { at: pointer, radius: state.radius * view.scale, color: tool === "brush" ? state.color : null };
  }

  function resize() {
    const { clientWidth: width, clientHeight: height } = canvas;
    const middle = page && view && toPage(view, { x: size.width / 2, y: size.height / 2 });
    size = { width, height };
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    if (page && isFitted) setView(fit(page, size), { fitted: true });
    else if (middle) {
      const now = toScreen(view, middle);
      setView(panBy(view, width / 2 - now.x, height / 2 - now.y, page, size));
    }
    draw(); // at once: a canvas that was given a size is empty until then
  }

  new ResizeObserver(resize).observe(canvas);
  for (const select of ["color", "tool", "held", "radius", "comparing", "before", "marks", "queue"]) {
    store.watch((state) => state[select], invalidate);
  }
  store.watch((state) => state.queue, tellBusy);
  store.watch(currentPage, (now) => {
    if (now && page?.number === now.number) page = now;
    invalidate();
  });

  function setView(next, { fitted = false } = {}) {
    view = next;
    isFitted = fitted;
    canvas.dataset.view = `${view.scale} ${view.x} ${view.y}`; // for whoever drives the studio from outside
    canvas.dispatchEvent(new CustomEvent("view", { detail: view }));
    invalidate();
  }

  const stage = {
    canvas,
    invalidate,
    get view() {
      return view;
    },
    get pictures() {
      return pictures;
    },
    /** Show a page; another one than before is shown whole. */
    show(next, its) {
      const isOther = !next || page?.number !== next.number || page?.width !== next.width;
      [page, pictures] = [next, its];
      if (isOther) [cross, stroke, fade] = [null, null, null];
      if (page && (isOther || !view)) setView(fit(page, size), { fitted: true });
      canvas.setAttribute("aria-label", page ? `Page ${page.number + 1}, ${page.name}` : "Page");
      invalidate();
    },
    /** A part of the page is another now. */
    changed(change) {
      if (change?.before && !still.matches) fade = { ...change, share: 0, start: performance.now() };
      invalidate();
    },
    fit: () => page && setView(fit(page, size), { fitted: true }),
    zoom(factor, at = { x: size.width / 2, y: size.height / 2 }) {
      if (page) setView(zoomAt(view, at, factor, page, size));
    },
    /** One pixel of the page is one of the screen. */
    actualSize() {
      if (page) stage.zoom(1 / devicePixelRatio / view.scale);
    },
    pan: (dx, dy) => page && setView(panBy(view, dx, dy, page, size)),
    pinch: (from, to) => page && setView(pinch(view, from, to, page, size)),
    /** The point of the page under one of the stage, or null beside the page. */
    pointOf(at) {
      const point = page && toPage(view, at);
      return point && isOnPage(point, page) ? point : null;
    },
    toPage: (at) => toPage(view, at),
    pointAt(at) {
      pointer = at && page ? { ...at, page: toPage(view, at) } : null;
      if (at) cross = null;
      invalidate();
    },
    /** Where the keyboard's cross is. */
    get cross() {
      return cross;
    },
    moveCross(dx, dy, factor = 1) {
      if (!page) return;
      const far = (CROSS_STEP_PX * factor) / view.scale;
      const from = cross ?? toPage(view, { x: size.width / 2, y: size.height / 2 });
      cross = {
        x: Math.min(page.width - 1, Math.max(0, from.x + dx * far)),
        y: Math.min(page.height - 1, Math.max(0, from.y + dy * far)),
      };
      const at = toScreen(view, cross);
      const [left, top] = [beyond(at.x, size.width), beyond(at.y, size.height)];
      if (left || top) setView(keepInSight({ ...view, x: view.x - left, y: view.y - top }, page, size));
      invalidate();
    },
    hideCross() {
      cross = null;
      invalidate();
    },
    set stroke(next) {
      stroke = next;
      invalidate();
    },
    get stroke() {
      return stroke;
    },
    /** Left of so many pixels the page is shown as it came. */
    set split(at) {
      split = at;
      invalidate();
    },
    get size() {
      return size;
    },
  };
  return stage;
}

/** How far something lies beyond the part of a length where it is seen well. */
function beyond(at, length, margin = 40) {
  return at < margin ? at - margin : at > length - margin ? at - length + margin : 0;
}
