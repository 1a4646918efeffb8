/** Oracle: what taking.js says it does, with a server that says what it is told to. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { createTaking, sentence } from "../../mangacolor/web/reader/static/taking.js";

const PATH = "/books/a/coloured";
let says, calls, wished, started, taking, news;

const settle = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const said = (state, done = 0, pages = 40, error = "") => ({ state, done, pages, error });

const wishes = {
  all: () => ({ ...wished }),
  add: (key, path) => (wished[key] = path),
  drop: (key) => key in wished && delete wished[key],
};

function create() {
  const answer = (what) => async () => {
    calls.push(what);
    const next = says.length > 1 ? says.shift() : says[0];
    if (next instanceof Error) throw next;
    return next;
  };
  taking = createTaking({
    begin: answer("begin"),
    ask: answer("ask"),
    start: (path) => started.push(path),
    wishes,
    pause: 1,
  });
  taking.listen((key, now, isNews) => isNews && news.push(now?.state));
}

beforeEach(() => {
  [calls, wished, started, news] = [[], {}, [], []];
  create();
});

async function end() {
  for (let times = 0; times < 200 && Object.keys(wished).length; times++) await settle(1);
  assert.deepEqual(wished, {});
}

test("a book is begun once, asked after, and taken away when it is whole", async () => {
  says = [said("waiting"), said("making", 1), said("making", 12), said("done")];
  const taken = taking.take("a", PATH);
  taking.take("a", PATH);
  await taken;
  assert.ok(taking.isUnderWay("a"));
  await end();
  assert.deepEqual(calls, ["begin", "ask", "ask", "ask"]);
  assert.deepEqual(started, [PATH]);
  assert.deepEqual(news, ["waiting", "making", "done"]);
  await settle(20);
  assert.equal(taking.at("a"), undefined, "what is done is not told for ever");
});

test("one that is whole already is taken away at once", async () => {
  says = [said("done")];
  await taking.take("a", PATH);
  assert.deepEqual(started, [PATH]);
  assert.deepEqual(calls, ["begin"]);
});

test("whoever comes back finds it going on, also where the server was started anew", async () => {
  wished = { a: PATH };
  says = [said("none", 0, 0), said("making", 3), said("done")];
  create();
  await taking.resume();
  await end();
  assert.deepEqual(calls, ["ask", "begin", "ask"]);
  assert.deepEqual(started, [PATH]);
});

test("a failure is told, ends the wish, and can be tried again", async () => {
  says = [said("failed", 3, 40, "No space is left.\nFree some.")];
  await taking.take("a", PATH);
  assert.equal(sentence(taking.at("a")), "It could not be coloured: No space is left. Free some.");
  assert.deepEqual([wished, started], [{}, []]);
  says = [said("done")];
  await taking.take("a", PATH);
  assert.deepEqual(started, [PATH]);
});

test("of a whole book it is told that pages of it were not coloured", async () => {
  says = [said("done", 0, 0, "Page 2 is damaged.")];
  await taking.take("a", PATH);
  assert.match(sentence(taking.at("a")), /^The download has begun\. .*Page 2 is damaged\.$/);
  assert.deepEqual(started, [PATH]);
});

test("a book that is gone has failed", async () => {
  says = [Object.assign(new Error("There is no such book."), { status: 404 })];
  await taking.take("a", PATH);
  assert.equal(taking.at("a").state, "failed");
  assert.match(sentence(taking.at("a")), /There is no such book\.$/);
});

test("a server that does not answer is asked again", async () => {
  const silent = Object.assign(new Error("The server does not answer."), { status: 0 });
  const busy = Object.assign(new Error("Busy."), { status: 503 });
  says = [said("making", 12), silent, busy, said("done")];
  const seen = [];
  taking.listen((_, now) => now && seen.push(sentence(now)));
  await taking.take("a", PATH);
  await end();
  assert.ok(seen.includes("Colouring 12 of 40 pages · The server does not answer."), seen.join("\n"));
  assert.deepEqual(started, [PATH]);
});

test("two windows take a book away once", async () => {
  says = [said("making", 1), said("done")];
  await taking.take("a", PATH);
  wishes.drop("a"); // the other window was first
  await settle(20);
  assert.deepEqual(started, []);
  assert.ok(!taking.isUnderWay("a"));
});
