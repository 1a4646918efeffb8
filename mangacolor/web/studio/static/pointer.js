/**
 * Mouse, pen and fingers on the canvas. One finger uses the tool, or moves the page where the tool is no brush; two
 * move and zoom. The middle button moves the page, Alt picks a colour, the wheel zooms to the pointer.
 */

import { holdTool, setRadius, toolInUse } from "./state.js";

const CLICK_PX = { mouse: 5, pen: 8, touch: 10 }; // moved further, it is no click
const WHEEL_SPEED = 0.0016;
const PINCH_SPEED = 0.01; // a touchpad's pinch arrives as a wheel with Ctrl
const LINE_PX = 16;

export function bindPointer({ store, stage, tools }) {
  const { canvas } = stage;
  const down = new Map(); // pointers that are down, by their ids: where they are
  let deed = null; // what the pointer that is down does: {kind, tool, from, points}

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button === 2) return;
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    const at = place(event);
    down.set(event.pointerId, at);
    if (down.size > 1) {
      cancel();
      deed = { kind: "pinch" };
      return;
    }
    const tool = event.button === 1 ? "hand" : event.altKey ? "picker" : toolInUse(store.state);
    deed = begin(tool, at, event.pointerType);
    event.preventDefault();
  });

  function begin(tool, at, pointerType) {
    if (tool === "hand") return { kind: "pan" };
    if (tool === "brush" || tool === "eraser") {
      const points = [stage.toPage(at)];
      tools.draft(tool, points);
      return { kind: "stroke", tool, points };
    }
    return { kind: "click", tool, from: at, pointerType };
  }

  canvas.addEventListener("pointermove", (event) => {
    const at = place(event);
    if (event.pointerType !== "touch") stage.pointAt(at);
    const last = down.get(event.pointerId);
    if (!last) return;
    if (deed?.kind === "pinch" && down.size === 2) {
      const from = [...down.values()];
      down.set(event.pointerId, at);
      stage.pinch(from, [...down.values()]);
      return;
    }
    down.set(event.pointerId, at);
    if (deed?.kind === "click" && Math.hypot(at.x - deed.from.x, at.y - deed.from.y) > CLICK_PX[deed.pointerType]) {
      // A finger that slides moves the page, a mouse has other ways to.
      deed = { kind: deed.pointerType === "touch" ? "pan" : "none" };
    }
    if (deed?.kind === "pan") stage.pan(at.x - last.x, at.y - last.y);
    if (deed?.kind === "stroke") {
      for (const one of event.getCoalescedEvents?.() ?? [event]) deed.points.push(stage.toPage(place(one)));
      tools.draft(deed.tool, deed.points);
    }
  });

  canvas.addEventListener("pointerup", (event) => {
    const at = place(event);
    down.delete(event.pointerId);
    const done = deed;
    if (down.size) return; // a finger is still there
    deed = null;
    if (done?.kind === "stroke") tools.stroke(done.tool, done.points);
    const point = done?.kind === "click" && stage.pointOf(at);
    if (point) tools.click(done.tool, point, { alone: event.shiftKey });
  });

  function cancel() {
    stage.stroke = null;
    deed = null;
  }

  canvas.addEventListener("pointercancel", (event) => {
    down.delete(event.pointerId);
    cancel();
  });
  canvas.addEventListener("pointerleave", () => stage.pointAt(null));
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("blur", () => {
    store.set(holdTool, null);
    stage.hideCross();
  });

  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
      if (event.shiftKey) {
        stage.pan(-(event.deltaX || event.deltaY) * unit, 0);
        return;
      }
      if (event.altKey) {
        store.set(setRadius, store.state.radius * Math.exp(-event.deltaY * unit * WHEEL_SPEED));
        return;
      }
      const speed = event.ctrlKey ? PINCH_SPEED : WHEEL_SPEED;
      stage.zoom(Math.exp(-event.deltaY * unit * speed), place(event));
    },
    { passive: false },
  );
}
