/** Puts the studio together: the state, who shows it, who changes it, and which project the address names. */

import { createActions } from "./actions.js";
import * as api from "./api.js";
import { createColors } from "./colors.js";
import { createCommands, unsent } from "./commands.js";
import { createCompare } from "./compare.js";
import { showHelp } from "./dialogs.js";
import { h, iconButton } from "./dom.js";
import { createHome } from "./home.js";
import { bindKeys, keyTable } from "./keys.js";
import { recall, remember } from "./memory.js";
import { createMessages } from "./messages.js";
import { dropped } from "./opening.js";
import { createPageNotes, createStatus } from "./page_notes.js";
import { createPalette } from "./palette.js";
import { createPictures } from "./pictures.js";
import { bindPointer } from "./pointer.js";
import { createRail } from "./rail.js";
import { createReferences } from "./references.js";
import { createReview } from "./review.js";
import { createStage } from "./stage.js";
import { closeProject, currentPage, heard, initial, openProject, seenInColor, showPage, toolInUse } from "./state.js";
import { createStore } from "./store.js";
import { createToolbar } from "./toolbar.js";
import { createTools } from "./tools.js";
import { createTop } from "./top.js";

const IN_HAND = ["tool", "color", "recent", "radius", "marks"]; // kept from one visit to the next

const store = createStore({ ...initial, ...recall("hand", {}) });
const messages = createMessages();
const { announce, tell } = messages;
const stage = createStage({ store });
const pictures = createPictures({
  tell,
  onChange(changed, change) {
    if (changed === stage.pictures) stage.changed(change);
    if (changed.colored) store.set(seenInColor, changed.page.number);
    status.update();
  },
});
const commands = createCommands({
  store,
  tell,
  announce,
  onAnswer: pictures.patch,
  onReload: (number) => pictures.reload(store.state.project.pages[number]),
});
const actions = createActions({ store, commands, announce, tell });
const tools = createTools({ store, stage, commands, announce });
const palette = createPalette({ store, actions });
const home = createHome({ store, actions: { ...actions, openFiles } });
const status = createStatus({
  store,
  stage,
  onRetry: () => pictures.reload(currentPage(store.state)),
  onSend: commands.retry,
});

Object.assign(actions, {
  use: tools.click,
  saveColor() {
    store.set((state) => ({ ...state, sheet: "colors" }));
    palette.focus();
  },
  help: () => showHelp(rows),
});
const rows = keyTable({ store, stage, commands, actions });

let stopListening = () => {};
let visits = 0; // how often the address was another one

lay();
bindPointer({ store, stage, tools });
bindKeys(rows, { store, canvas: stage.canvas });
bindDrops();
follow();
addEventListener("hashchange", route);
route();

function lay() {
  const rail = createRail({ store, actions });
  const side = h(
    "aside",
    { class: "side", "aria-label": "Colours" },
    createColors({ store }),
    palette.element,
    createReferences({ store, actions, announce }),
    createPageNotes({ store, actions }),
  );
  const sheets = [
    iconButton("pages", "Pages", () => actions.toggleSheet("pages"), { class: "tool sheet-button" }),
    iconButton("palette", "Colours", () => actions.toggleSheet("colors"), { class: "tool sheet-button" }),
  ];
  const { toolbar, sizes } = createToolbar({ store, commands });
  toolbar.prepend(sheets[0]);
  toolbar.append(sheets[1]);
  const stand = h("div", { class: "stage" }, sizes, stage.canvas, createCompare({ store, stage }), status.element);
  const desk = h(
    "main",
    { class: "desk" },
    rail,
    toolbar,
    stand,
    createReview({ store, stage, actions }),
    side,
    h(
      "p",
      { id: "canvas-help", class: "unseen" },
      "Arrow keys move a cross over the page, Enter uses the tool there, ? tells of all keys.",
    ),
  );
  document.body.prepend(createTop({ store, actions }), home.element, desk, ...messages.elements);
  store.watch(
    (state) => Boolean(state.project),
    (isOpen) => {
      desk.hidden = !isOpen;
      home.element.hidden = isOpen;
    },
  );
  store.watch(toolInUse, (tool) => {
    stand.dataset.tool = tool;
  });
  store.watch(
    (state) => state.sheet,
    (sheet) => {
      desk.dataset.sheet = sheet ?? "";
      sheets.forEach((button, i) => button.setAttribute("aria-expanded", sheet === ["pages", "colors"][i]));
    },
  );
  stage.canvas.addEventListener("pointerdown", () =>
    store.set((state) => (state.sheet ? { ...state, sheet: null } : state)),
  );
  // Whoever clicks a button goes on at the page, so that Space moves it and does not press the button again.
  desk.addEventListener("click", (event) => {
    if (event.detail && event.target.closest("button")) stage.canvas.focus({ preventScroll: true });
  });
}

/** Show the page that the state names, and keep what is to be there again. */
function follow() {
  store.watch(currentPage, (page) => {
    if (!page) return stage.show(null, null);
    const { queue, project, current } = store.state;
    const known = stage.pictures;
    const isWaiting = queue.some((command) => command.page === page.number) && known?.page.number === page.number;
    if (!isWaiting) stage.show(page, pictures.open(page));
    status.update();
    remember(`page.${project.id}`, current);
    history.replaceState(null, "", `#${encodeURIComponent(project.id)}/${current + 1}`);
    return undefined;
  });
  store.watch(
    (state) => IN_HAND.map((name) => state[name]),
    (values) => remember("hand", Object.fromEntries(IN_HAND.map((name, i) => [name, values[i]]))),
  );
}

/** Go where the address says: `#project/page`, or home. */
async function route() {
  const visit = ++visits;
  const [id, number] = addressed();
  if (id && id === store.state.project?.id) {
    store.set(showPage, Number(number) - 1);
    return;
  }
  let project = null;
  if (id) {
    try {
      project = await api.openProject(id);
    } catch (error) {
      if (visit !== visits) return;
      tell(error.status === 404 ? "This project is not there any more." : error.message, { isError: true });
    }
  }
  if (visit !== visits) return; // whoever waited has gone elsewhere
  show(project, number ? Number(number) - 1 : undefined);
}

/** Project and page that the address names, as texts. */
function addressed() {
  try {
    return location.hash.slice(1).split("/").map(decodeURIComponent);
  } catch {
    return []; // such as #%
  }
}

function show(project, number) {
  stopListening();
  stopListening = () => {};
  pictures.start(project);
  stage.show(null, null);
  if (!project) {
    store.set(closeProject);
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
    actions.listProjects();
    return;
  }
  const left = unsent(project.id);
  store.set(openProject, project, number ?? recall(`page.${project.id}`, 0));
  commands.resume(left);
  actions.listSeries();
  stopListening = api.listen(project.id, (event) => {
    if (event.type === "again") actions.refresh();
    store.set(heard, event);
    if (event.type === "error") tell(event.message, { isError: true });
    if (event.type === "end" && event.done > 1) tell(`${event.done} pages are coloured.`);
  });
}

async function openFiles(files) {
  const project = await actions.openFiles(files, status.showUpload(messages.notes));
  if (project) location.hash = encodeURIComponent(project.id);
}

/** Files may be dropped anywhere: on the colours they are references, elsewhere pages and books. */
function bindDrops() {
  addEventListener("dragstart", (event) => event.preventDefault()); // a thumbnail that is dragged is no new page
  const root = document.documentElement;
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    root.dataset.drop = event.target.closest?.(".side") ? "reference" : "book";
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) delete root.dataset.drop;
  });
  addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    delete root.dataset.drop;
    const isReference = event.target.closest?.(".side");
    const files = await dropped(event.dataTransfer);
    if (isReference) actions.addReferences(files.map(({ file }) => file));
    else openFiles(files);
  });
}
