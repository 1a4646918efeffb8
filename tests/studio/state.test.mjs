// What the studio's browser side does to its state. Oracle: a model of a page with steps and undone ones, as the server
// keeps it, and the contract in docs/studio.md.

import assert from "node:assert/strict";
import test from "node:test";

import * as studio from "../../mangacolor/web/studio/static/state.js";
import { createStore } from "../../mangacolor/web/studio/static/store.js";

const page = (number, more = {}) => ({
  number,
  name: `${number}.png`,
  width: 100,
  height: 150,
  state: "new",
  steps: 0,
  undone: 0,
  revision: 1,
  colored: false,
  reference: null,
  hints: [],
  locks: [],
  ...more,
});
const opened = (...pages) =>
  studio.openProject(studio.initial, { id: "p", name: "chapter", series: null, references: [], pages });
const step = (number = 0, more = {}) => ({
  kind: "step",
  page: number,
  step: { kind: "fill", x: 1, y: 2, color: "#ff0000", ...more },
});
const undo = (number = 0) => ({ kind: "undo", page: number });
const redo = (number = 0) => ({ kind: "redo", page: number });
const after = (state, ...commands) => commands.reduce(studio.enqueue, state);

/** The server: does a command to a page. */
function serve(one, { kind }) {
  if (kind === "step") return { ...one, steps: one.steps + 1, undone: 0, revision: one.revision + 1 };
  const by = kind === "undo" ? -1 : 1;
  return { ...one, steps: one.steps + by, undone: one.undone - by, revision: one.revision + 1 };
}

test("whatever is done, what the history foretells is what the server comes to", () => {
  let seed = 7;
  const random = (most) => (seed = (seed * 48271) % 2147483647) % most;
  for (let round = 0; round < 200; round++) {
    let state = opened(page(0), page(1));
    for (let i = 0; i < 30; i++) {
      const number = random(2);
      const command = [step(number), undo(number), redo(number)][random(3)];
      if (random(4)) state = studio.enqueue(state, command);
      else if (state.queue.length) {
        state = studio.sending(state);
        const [first] = state.queue;
        state = studio.answered(state, serve(state.project.pages[first.page], first));
      }
    }
    const foretold = [0, 1].map((number) => studio.history(state, number));
    for (const command of state.queue)
      state = studio.answered(state, serve(state.project.pages[command.page], command));
    assert.deepEqual(
      state.project.pages.map(({ steps, undone }) => ({ steps, undone })),
      foretold,
    );
    assert.equal(state.queue.length, 0);
    assert.ok(state.project.pages.every(({ steps, undone }) => steps >= 0 && undone >= 0));
  }
});

test("undo and redo are there only where there is something to take back or to do again", () => {
  const start = opened(page(0));
  assert.equal(after(start, undo()), start);
  assert.equal(after(start, redo()), start);
  const one = after(start, step());
  assert.deepEqual([studio.canUndo(one), studio.canRedo(one)], [true, false]);
  const back = after(one, undo());
  assert.deepEqual([studio.canUndo(back), studio.canRedo(back)], [false, true]);
  assert.equal(studio.canRedo(after(back, step())), false, "a new step ends what could be done again");
  assert.equal(studio.canUndo(after(start, step(1)), 0), false, "pages have histories of their own");
});

test("a fill is shown until it is answered, and not when it was undone before that", () => {
  const state = after(opened(page(0)), step(0, { x: 1 }), step(0, { x: 2 }), undo(), step(0, { kind: "lock" }));
  assert.deepEqual(
    studio.awaited(state).map(({ x }) => x),
    [1],
  );
  assert.deepEqual(studio.awaited(studio.answered(state, page(0, { steps: 1 }))), []);
});

test("a command goes out with the revision that it was made for, also when it is sent again", () => {
  let state = studio.sending(after(opened(page(0, { revision: 5 })), step()));
  assert.equal(state.queue[0].sentAt, 5);
  state = studio.sending(studio.stall(state, "no answer"));
  assert.deepEqual([state.queue[0].sentAt, state.stalled], [5, null]);
});

test("what was left unsent is taken up, but not what the page has moved on from", () => {
  const kept = [
    { ...step(0), sentAt: 1 },
    { ...step(0), sentAt: null },
    { ...step(9), sentAt: null },
  ];
  assert.equal(studio.takeUp(opened(page(0, { revision: 1 })), kept).queue.length, 2, "page 9 is not there");
  assert.deepEqual(
    studio.takeUp(opened(page(0, { revision: 2 })), kept).queue,
    [kept[1]],
    "its answer was lost, it was done",
  );
});

test("approving goes to the next page that nobody decided on, around the end", () => {
  let state = opened(page(0), page(1, { state: "approved" }), page(2, { state: "skipped" }), page(3));
  assert.equal(studio.nextToReview(state), 3);
  state = studio.showPage(state, 3);
  assert.equal(studio.nextToReview(state), 0);
  state = studio.replacePage(state, page(0, { state: "approved" }));
  assert.equal(studio.nextToReview(state), null);
  assert.deepEqual(studio.review(state), { approved: 2, skipped: 1, total: 4 });
});

test("pages that are not there are not shown, and a project opens at one that is", () => {
  const state = opened(page(0), page(1));
  assert.equal(studio.showPage(state, 2), state);
  assert.equal(studio.showPage(state, -1), state);
  const { project } = state;
  assert.deepEqual(
    [7, -1, Number.NaN, 1].map((number) => studio.openProject(state, project, number).current),
    [1, 0, 0, 1],
  );
});

test("the batch tells how far it is, and an answer is not overtaken by an older word", () => {
  let state = studio.heard(opened(page(0), page(1)), { type: "progress", done: 0, total: 2, page: 1 });
  assert.equal(studio.standing(state, state.project.pages[1]), "working");
  state = studio.heard(state, { type: "error", page: 1, message: "It is broken." });
  state = studio.heard(state, { type: "page", page: page(0, { colored: true }) });
  state = studio.heard(state, { type: "end", done: 1, failed: 1 });
  assert.deepEqual(
    state.project.pages.map((one) => studio.standing(state, one)),
    ["colored", "failed"],
  );
  const busy = after(state, step(0));
  assert.equal(studio.heard(busy, { type: "page", page: page(0) }), busy);
  assert.equal(studio.heard(state, { type: "of a later version" }), state);
});

test("a held tool goes before the chosen one, and recent colours are each there once, the last first", () => {
  let state = studio.pickTool(opened(page(0)), "brush");
  assert.equal(studio.toolInUse(studio.holdTool(state, "hand")), "hand");
  assert.equal(studio.pickTool(state, "hammer"), state);
  for (const color of ["#111111", "#222222", "#111111"]) state = studio.useColor(state, color);
  assert.deepEqual(state.recent, ["#111111", "#222222"]);
  for (let i = 0; i < 40; i++) state = studio.useColor(state, `#0000${i + 10}`);
  assert.equal(state.recent.length, 12);
  assert.deepEqual(
    [studio.setRadius(state, 0).radius, studio.setRadius(state, 1e9).radius],
    [studio.LEAST_RADIUS, studio.LARGEST_RADIUS],
  );
});

test("a lock is found in the area it lies in", () => {
  const sameArea = (a, b) => Math.floor(a.x / 10) === Math.floor(b.x / 10);
  const locked = page(0, { locks: [{ x: 15, y: 1 }] });
  assert.equal(studio.lockAt(locked, { x: 11, y: 90 }, sameArea), true);
  assert.equal(studio.lockAt(locked, { x: 21, y: 1 }, sameArea), false);
});

test("the store tells whoever looks at what has changed, and nobody else", () => {
  const store = createStore(opened(page(0)));
  const told = [];
  const stop = store.watch(
    (state) => state.tool,
    (tool) => told.push(tool),
  );
  store.watch(
    (state) => [state.current, state.color],
    ([, color]) => told.push(color),
  );
  store.set(studio.pickTool, "brush");
  store.set(studio.pickTool, "brush");
  store.set(studio.pickColor, "#ABCDEF");
  stop();
  store.set(studio.pickTool, "fill");
  assert.deepEqual(told, ["fill", studio.initial.color, "brush", "#abcdef"]);
});

test("an older word of a page does not go before a newer one", () => {
  const state = opened(page(0, { revision: 5, steps: 2 }));
  assert.equal(studio.replacePage(state, page(0, { revision: 4 })), state);
  assert.equal(
    studio.currentPage(studio.replacePage(state, page(0, { revision: 5, state: "approved" }))).state,
    "approved",
  );
});

test("a step that meets a page of another revision is sent once more, for the page as it is then", () => {
  let state = studio.sending(after(opened(page(0, { revision: 5 })), step()));
  state = studio.rebase(studio.replacePage(state, page(0, { revision: 8 })));
  assert.deepEqual([state.queue[0].sentAt, state.queue[0].isRebased], [null, true]);
  assert.equal(studio.sending(state).queue[0].sentAt, 8);
  assert.equal(studio.rebase(opened(page(0))).queue.length, 0);
});

test("a page that was seen in colour has colour", () => {
  const state = studio.seenInColor(opened(page(0), page(1)), 1);
  assert.deepEqual(
    state.project.pages.map((one) => studio.standing(state, one)),
    ["new", "colored"],
  );
  assert.equal(studio.seenInColor(state, 1), state);
  assert.equal(studio.seenInColor(state, 5), state);
});
