// How steps, undos and redos are sent, with the server stood in for by `fetch`. Oracle: docs/studio.md: a step is done
// once, and an undo only to a page that is as its window shows it.

import assert from "node:assert/strict";
import test from "node:test";

import { createCommands } from "../../mangacolor/web/studio/static/commands.js";
import * as studio from "../../mangacolor/web/studio/static/state.js";
import { createStore } from "../../mangacolor/web/studio/static/store.js";

const page = (more) => ({ number: 0, state: "corrected", undone: 0, colored: true, hints: [], locks: [], ...more });
const project = (more) => ({ id: "p", name: "chapter", series: null, references: [], pages: [page(more)] });

/** A window that shows a page as it was, and a server that has it as it is now. */
function windowOn(shown, now) {
  const asked = [];
  const server = page(now);
  globalThis.fetch = async (address, { method, body }) => {
    asked.push(`${method} ${address.pathname.split("/").at(-1)}`);
    if (method === "GET") return Response.json({ ...project(), pages: [server] });
    if (JSON.parse(body).revision !== server.revision) return new Response('{"error": "changed"}', { status: 409 });
    server.revision += 1;
    server.steps += address.pathname.endsWith("/undo") ? -1 : 1;
    return Response.json({ page: { ...server }, revision: server.revision, patch: null });
  };
  const store = createStore(studio.openProject(studio.initial, project(shown)));
  const said = [];
  const heard = [];
  const reloaded = [];
  const commands = createCommands({
    store,
    onAnswer: async () => {},
    onReload: (number) => reloaded.push(number),
    tell: (text) => said.push(text),
    announce: (text) => heard.push(text),
  });
  return { store, commands, asked, said, heard, reloaded, server };
}

const settled = async ({ store }) => {
  for (let i = 0; i < 50 && store.state.queue.length; i++) await new Promise((resolve) => setTimeout(resolve, 1));
};

test("an undo that another window went before is not done again by itself", async () => {
  const stale = windowOn({ revision: 3, steps: 2 }, { revision: 4, steps: 3 });
  stale.commands.undo();
  stale.commands.undo();
  await settled(stale);
  assert.deepEqual(stale.asked, ["POST undo", "GET p"]);
  assert.equal(stale.server.steps, 3);
  assert.deepEqual(stale.reloaded, [0]);
  assert.equal(stale.said.length, 1);
  assert.equal(studio.currentPage(stale.store.state).revision, 4);
  stale.commands.undo(); // of what is shown now
  await settled(stale);
  assert.equal(stale.server.steps, 2);
});

test("a step that another window went before is done to the page as it is", async () => {
  const stale = windowOn({ revision: 3, steps: 2 }, { revision: 4, steps: 3 });
  stale.commands.step({ kind: "fill", x: 1, y: 1, color: "#ff0000" });
  await settled(stale);
  assert.equal(stale.server.steps, 4);
  assert.deepEqual(stale.said, []);
});

test("undo and redo say what they did, and that there is no more", async () => {
  const here = windowOn({ revision: 3, steps: 2 }, { revision: 3, steps: 2 });
  for (const turn of ["undo", "undo", "undo", "redo"]) here.commands[turn]();
  assert.deepEqual(here.heard, [
    "Undone. 1 step left to undo.",
    "Undone. No steps left to undo.",
    "There is nothing to undo.",
    "Redone. 1 step left to redo.",
  ]);
  await settled(here);
});
