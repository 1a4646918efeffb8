/**
 * What the studio knows, and every way in which that changes: pure functions from a state to the next one.
 * Nothing here touches the page, the network or the clock, so that tests run without a browser.
 *
 * A page's steps are kept by the server; the browser keeps those it has not heard an answer to (`queue`).
 */

export const TOOLS = ["fill", "brush", "eraser", "picker", "lock", "hand"];

const RECENT_COLORS = 12;
export const LEAST_RADIUS = 2;
export const LARGEST_RADIUS = 120;

export const initial = Object.freeze({
  projects: null, // what the server has: null until it was asked
  project: null, // the open one, as the server tells it
  current: 0, // number of the page that is shown
  tool: "fill",
  held: null, // a tool for as long as a key is down
  color: "#d8452e",
  recent: [],
  radius: 14, // of brush and eraser, in pixels of the page
  comparing: false, // the slider is there
  before: false, // the page as it came is shown, while a key is down
  marks: true, // hints and locks are shown on the page
  selection: null, // where the colour was last put or picked: {page, x, y, color}
  queue: [], // steps, undos and redos that the server has not answered, oldest first
  stalled: null, // why the queue does not move
  seriesNames: null, // all series that the server has
  batch: null, // {done, total, page} while the chapter is coloured
  failed: {}, // messages of pages that could not be coloured, by number
  sheet: null, // on small screens: "pages" or "colors"
});

// --- projects and pages ---------------------------------------------------------------------------------------------

export function openProject(state, project, current = 0) {
  const last = Math.max(0, project.pages.length - 1);
  return {
    ...state,
    project,
    current: readable(project.pages, clamp(Math.trunc(current) || 0, 0, last)),
    selection: null,
    queue: [],
    stalled: null,
    batch: null,
    failed: {},
    before: false,
    held: null,
    sheet: null,
  };
}

/** The number of a page, or of another one where that page cannot be read. */
function readable(pages, number) {
  if (!pages[number]?.problem) return number;
  return pages.find((page) => !page.problem)?.number ?? number;
}

export function closeProject(state) {
  return { ...openProject(state, { pages: [] }), project: null };
}

/** Take over what the server says of a project that stays open. */
export function refreshProject(state, project) {
  return state.project?.id === project.id ? { ...state, project } : state;
}

/** Take over what the server says of a page, unless it is older than what is known. */
export function replacePage(state, page) {
  const known = state.project?.pages[page.number];
  if (!known || known.revision > page.revision) return state;
  const pages = state.project.pages.map((one) => (one.number === page.number ? page : one));
  const { [page.number]: _, ...failed } = state.failed;
  return { ...state, project: { ...state.project, pages }, failed };
}

/** A page was seen in colour: then it has colour, though the server told of no change. */
export function seenInColor(state, number) {
  const page = state.project?.pages[number];
  return page && !page.colored ? replacePage(state, { ...page, colored: true }) : state;
}

export function currentPage(state) {
  return state.project?.pages[state.current] ?? null;
}

export function showPage(state, number) {
  const page = state.project?.pages[number];
  return !page || page.problem ? state : { ...state, current: number, sheet: null };
}

/** Number of the page after this one (`by` 1) or before it (-1) that can be read; null where there is none. */
export function neighbour(state, by) {
  const pages = state.project?.pages ?? [];
  let number = state.current + by;
  while (pages[number]?.problem) number += by;
  return pages[number] ? number : null;
}

/** The page to look at after this one: the next that nobody decided on, from here around to here, or null. */
export function nextToReview(state) {
  const pages = state.project?.pages ?? [];
  for (let step = 1; step < pages.length; step++) {
    const page = pages[(state.current + step) % pages.length];
    if (!page.problem && page.state !== "approved" && page.state !== "skipped") return page.number;
  }
  return null;
}

/** How many pages are decided on: {approved, skipped, total}. */
export function review(state) {
  const pages = (state.project?.pages ?? []).filter((page) => !page.problem);
  const count = (name) => pages.filter((page) => page.state === name).length;
  return { approved: count("approved"), skipped: count("skipped"), total: pages.length };
}

// --- steps ----------------------------------------------------------------------------------------------------------

/**
 * Put a command at the end of the queue.
 *
 * @param command {kind: "step", page, step} or {kind: "undo" | "redo", page}
 */
export function enqueue(state, command) {
  if (command.kind === "undo" && !canUndo(state, command.page)) return state;
  if (command.kind === "redo" && !canRedo(state, command.page)) return state;
  return { ...state, queue: [...state.queue, { ...command, sentAt: null }] };
}

/** Note that the first command is on its way, and which revision of its page it was meant for. */
export function sending(state) {
  const [first, ...rest] = state.queue;
  if (!first) return state;
  const sentAt = first.sentAt ?? state.project.pages[first.page].revision;
  return { ...state, queue: [{ ...first, sentAt }, ...rest], stalled: null };
}

/** Take the first command off: it was answered with a page, or refused with none. */
export function answered(state, page = null) {
  const next = { ...state, queue: state.queue.slice(1), stalled: null };
  return page ? replacePage(next, page) : next;
}

/** The first command met a page that has moved on: it is for the page as it is now, but only once. */
export function rebase(state) {
  const [first, ...rest] = state.queue;
  return first ? { ...state, queue: [{ ...first, sentAt: null, isRebased: true }, ...rest] } : state;
}

/** Undos and redos of the first command's page were meant for steps that are not its last ones any more. */
export function forgetTurns(state) {
  const [first] = state.queue;
  return {
    ...state,
    queue: state.queue.filter((one) => one.page !== first.page || one.kind === "step"),
    stalled: null,
  };
}

export function stall(state, message) {
  return { ...state, stalled: message };
}

/**
 * Take up commands that were left unanswered when the studio was closed.
 * One that was on its way is dropped when its page has moved on since: then only the answer was lost.
 */
export function takeUp(state, commands) {
  const pages = state.project?.pages ?? [];
  const isOpen = ({ page, sentAt }) => pages[page] && (sentAt === null || pages[page].revision === sentAt);
  return { ...state, queue: [...state.queue, ...commands.filter(isOpen)] };
}

/** Steps of a page and steps undone, as they will be when the queue is through. */
export function history(state, number) {
  const page = state.project?.pages[number];
  let [steps, undone] = page ? [page.steps, page.undone] : [0, 0];
  for (const { kind, page: of } of state.queue) {
    if (of !== number) continue;
    if (kind === "step") [steps, undone] = [steps + 1, 0];
    else if (kind === "undo" && steps > 0) [steps, undone] = [steps - 1, undone + 1];
    else if (kind === "redo" && undone > 0) [steps, undone] = [steps + 1, undone - 1];
  }
  return { steps, undone };
}

export function canUndo(state, number = state.current) {
  return history(state, number).steps > 0;
}

export function canRedo(state, number = state.current) {
  return history(state, number).undone > 0;
}

/** Fills of a page that wait for their answer, to be shown at once; one that is undone before is not among them. */
export function awaited(state, number = state.current) {
  const shown = [];
  for (const command of state.queue) {
    if (command.page !== number) continue;
    if (command.kind === "step") shown.push(command.step);
    else if (command.kind === "undo") shown.pop();
  }
  return shown.filter((step) => step.kind === "fill" || step.kind === "brush");
}

/** Whether the area at a point is locked: a lock lies in it. `sameArea(a, b)` tells whether two points share one. */
export function lockAt(page, point, sameArea) {
  return page.locks.some((lock) => sameArea(lock, point));
}

// --- tools and colours ----------------------------------------------------------------------------------------------

export function toolInUse(state) {
  return state.held ?? state.tool;
}

export function pickTool(state, tool) {
  return TOOLS.includes(tool) ? { ...state, tool } : state;
}

export function holdTool(state, tool) {
  return state.held === tool ? state : { ...state, held: tool };
}

/** Choose a colour; colours that were put on a page are remembered, see `useColor`. */
export function pickColor(state, color) {
  return { ...state, color: color.toLowerCase() };
}

/** A colour was put on a page: it comes first among the recent ones. */
export function useColor(state, color) {
  const recent = [color, ...state.recent.filter((one) => one !== color)].slice(0, RECENT_COLORS);
  return { ...state, recent };
}

export function select(state, point) {
  return { ...state, selection: point };
}

export function setRadius(state, radius) {
  return { ...state, radius: clamp(Math.round(radius), LEAST_RADIUS, LARGEST_RADIUS) };
}

// --- the chapter at work --------------------------------------------------------------------------------------------

/** Take in an event of the server; see the contract for what they say. */
export function heard(state, event) {
  switch (event.type) {
    case "progress":
      return { ...state, batch: { done: event.done, total: event.total, page: event.page } };
    case "page":
      // A page with unanswered steps is told of by their answers; an older word must not go before them.
      return state.queue.some(({ page }) => page === event.page.number) ? state : replacePage(state, event.page);
    case "error":
      return event.page === null || event.page === undefined
        ? state
        : { ...state, failed: { ...state.failed, [event.page]: event.message } };
    case "end":
      return { ...state, batch: null };
    default:
      return state;
  }
}

/** The one word for what a page is at: working, failed, new, colored, corrected, approved, skipped, unreadable. */
export function standing(state, page) {
  if (page.problem) return "unreadable";
  if (state.batch?.page === page.number) return "working";
  if (state.failed[page.number]) return "failed";
  return page.state === "new" && page.colored ? "colored" : page.state;
}

function clamp(value, least, most) {
  return Math.min(most, Math.max(least, value));
}
