// Views, areas, colours and ZIPs of the studio's browser side. Oracles: invariants (what lies under the pointer stays there,
// a filled outline covers its pixels), numbers worked out by hand, and the CRC of zlib.

import assert from "node:assert/strict";
import test from "node:test";
import * as zlib from "node:zlib";

import { areaAt, createMap, outline } from "../../mangacolor/web/studio/static/areas.js";
import { brightest, fromHsv, hexOf, hsvOf, luminance, parseHex } from "../../mangacolor/web/studio/static/color.js";
import * as geometry from "../../mangacolor/web/studio/static/geometry.js";
import { asBooks } from "../../mangacolor/web/studio/static/opening.js";
import { crc32, zip } from "../../mangacolor/web/studio/static/zip.js";

const PAGE = { width: 1000, height: 1500 };
const STAGE = { width: 900, height: 800 };
const isNear = (a, b, message) => assert.ok(Math.abs(a - b) < 1e-6, message ?? `${a} is not ${b}`);

function mapOf(rows, scale = 1) {
  const rgba = rows.flatMap((row) =>
    [...row].flatMap((letter) => [0, 0, letter === "." ? 0 : letter.charCodeAt(0), 255]),
  );
  return createMap(rgba, rows[0].length, rows.length, scale);
}

/** Whether a point lies inside loops, by the even-odd rule. */
function isInside(loops, { x, y }) {
  let inside = false;
  for (const loop of loops) {
    loop.forEach((a, i) => {
      const b = loop[(i + 1) % loop.length];
      if (a.y > y !== b.y > y && x < a.x + ((y - a.y) * (b.x - a.x)) / (b.y - a.y)) inside = !inside;
    });
  }
  return inside;
}

test("a page that is fitted lies in the middle, whole", () => {
  const view = geometry.fit(PAGE, STAGE);
  const [left, right] = [
    geometry.toScreen(view, { x: 0, y: 0 }),
    geometry.toScreen(view, { x: PAGE.width, y: PAGE.height }),
  ];
  isNear(left.x, STAGE.width - right.x);
  isNear(left.y, STAGE.height - right.y);
  assert.ok(left.x >= 0 && left.y >= 0);
});

test("zoomed, the page stays where the pointer is", () => {
  let view = geometry.fit(PAGE, STAGE);
  const pointer = { x: 500, y: 300 };
  const held = geometry.toPage(view, pointer);
  for (const factor of [1.3, 2, 0.7, 1.1]) {
    view = geometry.zoomAt(view, pointer, factor, PAGE, STAGE);
    const there = geometry.toPage(view, pointer);
    isNear(there.x, held.x);
    isNear(there.y, held.y);
  }
  assert.equal(geometry.zoomAt(view, pointer, 1e9, PAGE, STAGE).scale, 16);
  assert.ok(geometry.zoomAt(view, pointer, 1e-9, PAGE, STAGE).scale > 0.1);
});

test("two fingers hold what lies under them", () => {
  const view = geometry.zoomAt(geometry.fit(PAGE, STAGE), { x: 400, y: 400 }, 2, PAGE, STAGE);
  const [from, to] = [
    [
      { x: 300, y: 300 },
      { x: 500, y: 300 },
    ],
    [
      { x: 330, y: 340 },
      { x: 630, y: 340 },
    ],
  ];
  const moved = geometry.pinch(view, from, to, PAGE, STAGE);
  for (const finger of [0, 1]) {
    const [was, is] = [geometry.toPage(view, from[finger]), geometry.toPage(moved, to[finger])];
    isNear(was.x, is.x);
    isNear(was.y, is.y);
  }
});

test("however far it is moved, some of the page is in sight", () => {
  for (const [dx, dy] of [
    [1e5, 0],
    [-1e5, 1e5],
    [0, -1e5],
  ]) {
    const view = geometry.panBy(geometry.fit(PAGE, STAGE), dx, dy, PAGE, STAGE);
    assert.ok(view.x < STAGE.width && view.x + PAGE.width * view.scale > 0);
    assert.ok(view.y < STAGE.height && view.y + PAGE.height * view.scale > 0);
  }
});

test("a stroke keeps its ends and stays on the page", () => {
  const points = Array.from({ length: 101 }, (_, i) => ({ x: i - 0.2, y: 1499.7 }));
  const kept = geometry.thinned(points, 10, PAGE);
  assert.deepEqual(
    [kept[0], kept.at(-1)],
    [
      [0, 1499],
      [100, 1499],
    ],
  );
  assert.equal(kept.length, 11);
  assert.deepEqual(geometry.thinned([{ x: 3, y: 4 }], 10, PAGE), [[3, 4]]);
});

test("the area at a point, or the one beside the line it lies on", () => {
  const map = mapOf(["aaaa.bbbb", "aaaa.bbbb", "........."], 2);
  const letter = (x, y) => String.fromCharCode(areaAt(map, { x, y }));
  assert.equal(letter(0, 0), "a");
  assert.equal(letter(17.9, 3.9), "b");
  assert.ok("ab".includes(letter(9, 1)));
  assert.equal(letter(1, 5), "a");
  assert.deepEqual([areaAt(map, { x: 18, y: 0 }), areaAt(map, { x: -1, y: 0 })], [0, 0]);
});

test("filled, an outline is its area: holes, parts and corners that touch", () => {
  const rows = ["aaaaa..", "a...a.a", "a.a.a.a", "a...ab.", "aaaaba.", ".....a."];
  for (const scale of [1, 2]) {
    const loops = outline(mapOf(rows, scale), "a".charCodeAt(0));
    rows.forEach((row, y) =>
      [...row].forEach((letter, x) => {
        assert.equal(isInside(loops, { x: (x + 0.5) * scale, y: (y + 0.49) * scale }), letter === "a", `${x}, ${y}`);
      }),
    );
  }
  assert.deepEqual(outline(mapOf(rows), 1), []);
});

test("a long straight border has few points", () => {
  const loops = outline(mapOf(Array(50).fill("a".repeat(80))), "a".charCodeAt(0));
  assert.deepEqual([loops.length, loops[0].length], [1, 8]);
});

test("colours go to hue, saturation and brightness and come back", () => {
  for (let value = 0; value < 0xffffff; value += 4099) {
    const color = `#${value.toString(16).padStart(6, "0")}`;
    assert.equal(fromHsv(hsvOf(color)), color);
  }
  assert.deepEqual(hsvOf("#ff0000"), { h: 0, s: 100, v: 100 });
  assert.deepEqual(hsvOf("#0000ff"), { h: 240, s: 100, v: 100 });
  assert.equal(fromHsv({ h: 360, s: 100, v: 100 }), "#ff0000");
});

test("colours are read as people type them", () => {
  assert.deepEqual(["#ABC", " aabbcc ", "#AABBCC", "red", "#12345", ""].map(parseHex), [
    "#aabbcc",
    "#aabbcc",
    "#aabbcc",
    null,
    null,
    null,
  ]);
  assert.equal(hexOf([-5, 300, 127.6]), "#00ff80");
  isNear(luminance("#ffffff"), 1);
  isNear(luminance("#000000"), 0);
  assert.equal(brightest([0, 0, 0, 255, 250, 10, 10, 255, 20, 20, 20, 255]), "#fa0a0a");
});

test("loose pictures are one chapter in the order of their numbers, books are each their own", () => {
  const files = (...paths) => paths.map((path) => ({ path, file: { type: "" } }));
  const [book, chapter] = asBooks(files("c/10.png", "v1.CBZ", "c/2.png", "c/notes.txt"));
  assert.deepEqual([book.name, chapter.name], ["v1.CBZ", "c.cbz"]);
  assert.deepEqual(
    chapter.files.map(({ path }) => path),
    ["c/2.png", "c/10.png"],
  );
  assert.deepEqual(
    asBooks(files("one.png")).map(({ name }) => name),
    ["one.png"],
  );
  assert.equal(asBooks(files("b.png", "a.png"))[0].name, "a and 1 more.cbz");
  assert.deepEqual(asBooks(files("notes.txt")), []);
});

test(
  "a ZIP says the sums of zlib and holds the bytes as they are",
  { skip: !zlib.crc32 && "this Node.js has no crc32" },
  () => {
    const bytes = new TextEncoder().encode("Seite eins");
    assert.equal(crc32(bytes), zlib.crc32(bytes));
    const whole = Buffer.concat(
      zip([
        { name: "ä/1.png", bytes },
        { name: "2.png", bytes: new Uint8Array() },
      ]),
    );
    assert.ok(whole.includes("Seite eins"));
    assert.equal(whole.readUInt16LE(whole.length - 22 + 10), 2);
  },
);

test("a stroke of hours is no more than the server takes", () => {
  const points = Array.from({ length: 90000 }, (_, i) => ({ x: i % 1000, y: Math.floor(i / 90) }));
  const kept = geometry.thinned(points, 1, PAGE);
  assert.ok(kept.length <= 2000 && kept.length > 100);
  assert.deepEqual(
    [kept[0], kept.at(-1)],
    [
      [0, 0],
      [999, 999],
    ],
  );
});
