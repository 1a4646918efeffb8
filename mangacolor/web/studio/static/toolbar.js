/** The tools, with the size of brush and eraser. */

import { h, icon, iconButton } from "./dom.js";
import { asToolbar } from "./roving.js";
import { LARGEST_RADIUS, LEAST_RADIUS, canRedo, canUndo, pickTool, setRadius, toolInUse } from "./state.js";

const NAMES = [
  ["fill", "Fill", "F"],
  ["brush", "Brush", "B"],
  ["eraser", "Eraser", "E"],
  ["picker", "Picker", "I"],
  ["lock", "Lock", "L"],
  ["hand", "Hand", "H"],
];

export function createToolbar({ store, commands }) {
  const buttons = NAMES.map(([name, label, key]) =>
    h(
      "button",
      {
        type: "button",
        class: "tool",
        title: `${label} (${key})`,
        on: { click: () => store.set(pickTool, name) },
      },
      icon(name),
      h("span", { class: "tool-name" }, label),
    ),
  );
  const swatch = h("span", { class: "tool-color", "aria-hidden": "true" });
  buttons[0].append(swatch);
  const radius = h("input", {
    type: "range",
    min: LEAST_RADIUS,
    max: LARGEST_RADIUS,
    "aria-label": "Size of the brush, in pixels of the page",
    on: { input: () => store.set(setRadius, Number(radius.value)) },
  });
  const size = h("output", {});
  const sizes = h("div", { class: "sizes" }, radius, size);
  const undo = iconButton("undo", "Undo", commands.undo, { key: "Ctrl+Z" });
  const redo = iconButton("redo", "Redo", commands.redo, { key: "Ctrl+Shift+Z" });

  store.watch(toolInUse, (tool) => {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", NAMES[i][0] === tool));
    sizes.hidden = tool !== "brush" && tool !== "eraser";
  });
  store.watch(
    (state) => state.radius,
    (value) => {
      radius.value = value;
      size.textContent = `${2 * value} px`;
    },
  );
  store.watch(
    (state) => state.color,
    (color) => swatch.style.setProperty("--color", color),
  );
  store.watch(
    (state) => [canUndo(state), canRedo(state)],
    ([back, forth]) => {
      undo.disabled = !back;
      redo.disabled = !forth;
    },
  );
  const line = h("span", { class: "line", role: "separator" });
  const toolbar = asToolbar(h("div", { class: "toolbar" }, buttons, line, undo, redo), "Tools");
  return { toolbar, sizes };
}
