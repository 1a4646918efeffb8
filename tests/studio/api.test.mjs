// What the browser side asks of the server, and its keys, with `fetch` and the page's events stood in for. Oracle: the
// contracts in api.js and keys.js, and docs/studio.md for what keys do.

import assert from "node:assert/strict";
import test from "node:test";

import * as api from "../../mangacolor/web/studio/static/api.js";
import { bindKeys } from "../../mangacolor/web/studio/static/keys.js";

async function withAnswer(answer, run) {
  const { fetch } = globalThis;
  globalThis.fetch = async () => answer;
  try {
    return await run();
  } finally {
    globalThis.fetch = fetch;
  }
}

function cutShort() {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"revision": 1, "pa'));
      controller.error(new TypeError("network error"));
    },
  });
  return new Response(body, { headers: { "Content-Type": "application/json" } });
}

for (const [name, ask] of [
  ["a step", () => api.step("a", 0, { kind: "reset" })],
  ["a picture", () => api.source("a", 0)],
  ["a book", () => api.exported("a", null, "same")],
]) {
  test(`${name} whose answer is cut short may go through later`, async () => {
    await assert.rejects(withAnswer(cutShort(), ask), (error) => error instanceof api.ApiError && error.isPassing);
  });
}

test("half of a JSON answer is none", async () => {
  const answer = new Response('{"revision": 1, "pa');
  await assert.rejects(withAnswer(answer, api.projects), (error) => error.status === 0);
});

test("what the server refuses is told in its words, and is not asked again", async () => {
  const answer = new Response('{"error": "No page.\\nSend one."}', { status: 422 });
  await assert.rejects(withAnswer(answer, api.projects), (error) => {
    assert.deepEqual([error.status, error.message, error.isPassing], [422, "No page. Send one.", false]);
    return true;
  });
});

test("what is asked for and given up says so itself", async () => {
  const { fetch } = globalThis;
  globalThis.fetch = async () => {
    throw new DOMException("given up", "AbortError");
  };
  await assert.rejects(api.source("a", 0), { name: "AbortError" });
  globalThis.fetch = fetch;
});

// --- keys -----------------------------------------------------------------------------------------------------------

function keyboard(rows, kept = {}) {
  const heard = {};
  const canvas = {};
  const store = { state: { project: { pages: [{ number: 0 }] }, current: 0 } };
  globalThis.addEventListener = (name, run) => {
    heard[name] = run;
  };
  globalThis.document = { querySelector: () => null, body: {} };
  globalThis.localStorage = { getItem: (key) => kept[key.split(".").at(-1)] ?? null };
  bindKeys(rows, { store, canvas });
  const event = (key, more) => ({ key, target: canvas, preventDefault() {}, ...more });
  return {
    down: (key, more = {}) => heard.keydown(event(key, more)),
    up: (key, more = {}) => heard.keyup(event(key, more)),
    blur: () => heard.blur(),
  };
}

function holding(key, log) {
  return { keys: [key], run: () => log.push(`${key} down`), up: () => log.push(`${key} up`) };
}

test("two keys that are held are both let go", () => {
  const log = [];
  const keys = keyboard([holding(" ", log), holding("c", log)]);
  keys.down(" ");
  keys.down("c");
  keys.down("c", { repeat: true });
  keys.up(" ");
  keys.up("C");
  assert.deepEqual(log, ["  down", "c down", "  up", "c up"]);
  keys.down(" ");
  keys.down("c");
  keys.blur();
  keys.up("c");
  assert.deepEqual(log.slice(4), ["  down", "c down", "  up", "c up"]);
});

test("single characters can be switched off, with Shift too; others stay", () => {
  const log = [];
  const row = (key) => ({ keys: [key], run: () => log.push(key) });
  const keys = keyboard([row("f"), row("Shift+?"), row("Shift+Enter"), row("Ctrl+z")], { keys: "false" });
  keys.down("f");
  keys.down("?", { shiftKey: true });
  keys.down("Enter", { shiftKey: true });
  keys.down("z", { ctrlKey: true });
  assert.deepEqual(log, ["Shift+Enter", "Ctrl+z"]);
});
