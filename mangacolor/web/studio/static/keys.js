/** The keyboard: one table for what the keys do and for the sheet that tells of them. */

import { recall } from "./memory.js";
import { currentPage, holdTool, neighbour, pickTool, setRadius, showPage, toolInUse } from "./state.js";

/**
 * @returns rows {keys, label, group, run, up}: `keys` as KeyboardEvent.key has them (of letters the small one), after
 *     "Ctrl+" and "Shift+"; `up` is run when the key is let go
 */
export function keyTable({ store, stage, commands, actions }) {
  const tool = (key, name, label) => ({
    keys: [key],
    label,
    group: "Tools",
    run: () => store.set(pickTool, name),
  });
  const cross = (key, dx, dy) => [
    { keys: [key], group: "", run: () => stage.moveCross(dx, dy) },
    { keys: [`Shift+${key}`], group: "", run: () => stage.moveCross(dx, dy, 5) },
  ];
  const resize = (factor) => store.set(setRadius, store.state.radius * factor);
  const turn = (by) => store.set(showPage, neighbour(store.state, by));
  return [
    tool("f", "fill", "Fill an area"),
    tool("b", "brush", "Brush"),
    tool("e", "eraser", "Eraser of strokes and fills"),
    tool("i", "picker", "Pick a colour"),
    tool("l", "lock", "Lock or unlock an area"),
    tool("h", "hand", "Hand: move the page"),
    { keys: ["["], label: "Smaller brush", group: "Tools", run: () => resize(1 / 1.25) },
    { keys: ["]"], label: "Larger brush", group: "Tools", run: () => resize(1.25) },

    { keys: ["Ctrl+z"], label: "Undo", group: "Steps", run: commands.undo },
    { keys: ["Ctrl+Shift+z", "Ctrl+y"], label: "Redo", group: "Steps", run: commands.redo },
    { keys: ["p"], label: "Save the colour to a character", group: "Steps", run: actions.saveColor },

    {
      keys: [" "],
      shown: "Space (hold)",
      label: "Move the page",
      group: "View",
      run: () => store.set(holdTool, "hand"),
      up: () => store.set(holdTool, null),
    },
    {
      keys: ["c"],
      shown: "C (hold)",
      label: "The page as it came",
      group: "View",
      run: () => actions.showBefore(true),
      up: () => actions.showBefore(false),
    },
    { keys: ["s"], label: "Slider between before and after", group: "View", run: actions.toggleCompare },
    { keys: ["m"], label: "Show or hide marks of hints and locks", group: "View", run: actions.toggleMarks },
    { keys: ["0"], label: "Fit the page", group: "View", run: stage.fit },
    { keys: ["1"], label: "Actual size", group: "View", run: stage.actualSize },
    { keys: ["+", "=", "Shift++"], shown: "+", label: "Zoom in", group: "View", run: () => stage.zoom(1.25) },
    { keys: ["-"], label: "Zoom out", group: "View", run: () => stage.zoom(1 / 1.25) },

    { keys: ["PageDown"], shown: "Page Down", label: "Next page", group: "Pages", run: () => turn(1) },
    { keys: ["PageUp"], shown: "Page Up", label: "Page before", group: "Pages", run: () => turn(-1) },
    { keys: ["a"], label: "Approve, and go to the next", group: "Pages", run: () => actions.decide("approved") },
    { keys: ["x"], label: "Skip, and go to the next", group: "Pages", run: () => actions.decide("skipped") },
    { keys: ["r"], label: "Colour the page again", group: "Pages", run: actions.again },
    { keys: ["Ctrl+s"], label: "Export", group: "Pages", run: actions.export },

    ...cross("ArrowLeft", -1, 0),
    ...cross("ArrowRight", 1, 0),
    ...cross("ArrowUp", 0, -1),
    ...cross("ArrowDown", 0, 1),
    {
      keys: [],
      shown: "Arrows",
      label: "Move the cross on the page; with Shift in large steps",
      group: "Keyboard only",
    },
    {
      keys: ["Enter"],
      label: "Use the tool at the cross",
      group: "Keyboard only",
      run: () => stage.cross && actions.use(toolInUse(store.state), stage.cross),
    },
    {
      keys: ["Shift+Enter"],
      label: "Fill that area alone",
      group: "Keyboard only",
      run: () => stage.cross && actions.use(toolInUse(store.state), stage.cross, { alone: true }),
    },
    {
      keys: [],
      shown: "Tab",
      label: "To the next toolbar, or the pages; arrows move among the buttons there",
      group: "Keyboard only",
    },
    { keys: ["?", "Shift+?"], shown: "?", label: "This sheet", group: "Keyboard only", run: actions.help },
  ];
}

/** What a key press is called in the table. */
export function nameOf(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.shiftKey ? "Shift+" : ""}${key}`;
}

/** How a key is written for people. */
export function shownKey(row) {
  if (row.shown) return row.shown;
  return row.keys[0].replace(/(^|\+)([a-z])$/, (_, before, letter) => before + letter.toUpperCase());
}

/** Listen to the keys of a table while a project is open; not while somebody types, nor while a dialog is open. */
export function bindKeys(rows, { store, canvas }) {
  const byName = new Map(rows.flatMap((row) => row.keys.map((key) => [key, row])));
  const held = new Set();

  addEventListener("keydown", (event) => {
    const row = byName.get(nameOf(event));
    if (!row || event.altKey || event.isComposing || isElsewhere(event, canvas) || !currentPage(store.state)) return;
    if (/^(Shift\+)?.$/.test(nameOf(event)) && !recall("keys", true)) return; // single letters may be switched off
    event.preventDefault();
    if (row.up) {
      if (event.repeat || held.has(row)) return;
      held.add(row);
    }
    row.run();
  });
  addEventListener("keyup", (event) => {
    for (const row of held) if (row.keys.includes(event.key.toLowerCase())) letGo(row);
  });
  addEventListener("blur", () => held.forEach(letGo));

  function letGo(row) {
    held.delete(row);
    row.up();
  }
}

/** Whether a key belongs to what has the focus: text that is typed, a slider, a button. */
function isElsewhere(event, canvas) {
  if (document.querySelector("dialog[open]")) return true;
  const { target } = event;
  if (target === canvas || target === document.body) return false;
  if (target.matches("input:not([type=range], [type=color], [type=checkbox]), textarea, select")) return true;
  const isMoving = /^(Shift\+)?(Arrow|Enter| |Page)/.test(nameOf(event));
  return isMoving && target.matches("a, button, input, summary, [role=slider], [tabindex]");
}
