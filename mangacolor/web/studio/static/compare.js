/** The slider between the page as it came, on its left, and in colour, on its right. */

import { h } from "./dom.js";

const STEP = 0.05; // of the stage's width

export function createCompare({ store, stage }) {
  let at = 0.5;
  const handle = h(
    "div",
    {
      class: "split",
      role: "slider",
      tabIndex: 0,
      "aria-label": "Before and after",
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-orientation": "horizontal",
    },
    h("span", { class: "split-word split-before" }, "Before"),
    h("span", { class: "split-grip" }),
    h("span", { class: "split-word split-after" }, "After"),
  );

  function move(share) {
    at = Math.min(0.98, Math.max(0.02, share));
    const px = at * stage.canvas.clientWidth;
    handle.style.setProperty("--at", `${px}px`);
    handle.setAttribute("aria-valuenow", Math.round(100 * at));
    handle.setAttribute("aria-valuetext", `${Math.round(100 * at)} % of the width as it came`);
    stage.split = px;
  }

  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
    handle.focus();
  });
  handle.addEventListener("pointermove", (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const box = stage.canvas.getBoundingClientRect();
    move((event.clientX - box.left) / box.width);
  });
  handle.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP }[event.key];
    if (by) move(at + by);
    else if (event.key === "Home") move(0);
    else if (event.key === "End") move(1);
    else return;
    event.preventDefault();
  });
  new ResizeObserver(() => move(at)).observe(stage.canvas);
  store.watch(
    (state) => state.comparing,
    (isOn) => {
      handle.hidden = !isOn;
      if (isOn) move(at);
    },
  );
  return handle;
}
