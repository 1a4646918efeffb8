/** What the tools do to a page: a click, a tap or Enter at a point, and strokes. */

import { brightest } from "./color.js";
import { thinned } from "./geometry.js";
import { currentPage, lockAt, pickColor, select, useColor } from "./state.js";

const PICK_REACH_PX = 2; // a picker looks this far around for what is no line
const STROKE_STEP = 0.5; // of the radius: points of a stroke closer than that say nothing new

export function createTools({ store, stage, commands, announce }) {
  function fill({ x, y }, { alone }) {
    const { color, current } = store.state;
    commands.step({ kind: "fill", x: Math.floor(x), y: Math.floor(y), color, ...(alone && { alone }) });
    store.set(useColor, color);
    store.set(select, { page: current, x: Math.floor(x), y: Math.floor(y), color });
    announce(`Filled with ${color}`);
  }

  function pick({ x, y }) {
    const pixels = stage.pictures?.around({ x, y }, PICK_REACH_PX);
    if (!pixels) return;
    const color = brightest(pixels);
    store.set(pickColor, color);
    store.set(select, { page: store.state.current, x: Math.floor(x), y: Math.floor(y), color });
    announce(`Colour ${color} picked`);
  }

  function lock(point) {
    const { pictures } = stage;
    const sameArea = (a, b) => Boolean(pictures?.areaAt(a)) && pictures.areaAt(a) === pictures.areaAt(b);
    const isLocked = lockAt(currentPage(store.state), point, sameArea);
    commands.step({ kind: "lock", x: Math.floor(point.x), y: Math.floor(point.y), locked: !isLocked });
    announce(isLocked ? "Area unlocked" : "Area locked");
  }

  function stroke(tool, points) {
    stage.stroke = null;
    if (!stage.pictures?.hasPicture) return;
    const { color, radius } = store.state;
    const kept = thinned(points, radius * STROKE_STEP, stage.pictures.page);
    if (tool === "eraser") commands.step({ kind: "erase", points: kept, radius });
    else {
      commands.step({ kind: "brush", points: kept, radius, color });
      store.set(useColor, color);
      const [x, y] = kept[0];
      store.set(select, { page: store.state.current, x, y, color });
    }
    announce(tool === "eraser" ? "Erased" : "Stroke painted");
  }

  const clicks = { fill, picker: pick, lock };

  return {
    /** Use a tool at a point of the page; a fill that is `alone` is followed by nothing. */
    click(tool, point, { alone = false } = {}) {
      if (!stage.pictures?.hasPicture) return;
      if (tool === "brush" || tool === "eraser") stroke(tool, [point]);
      else clicks[tool]?.(point, { alone });
    },
    /** The stroke that is being drawn, to be shown. */
    draft(tool, points) {
      const { color, radius } = store.state;
      stage.stroke = { points, radius, color: tool === "brush" ? color : null };
    },
    stroke,
  };
}
