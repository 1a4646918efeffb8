/** The pixels of the pages that were looked at last: as they came, in colour, and the map of their areas. */

import * as api from "./api.js";
import { areaAt, outline, readMap } from "./areas.js";

const KEPT_PAGES = 4; // 1.6 megapixels take 20 MB each
const KEPT_OUTLINES = 300;

export class PagePictures {
  constructor(page) {
    this.page = page;
    this.source = null; // ImageBitmap
    this.colored = null; // canvas, patched by answers
    this.revision = -1; // of what `colored` shows; revisions count from 0
    this.map = null;
    this.outlines = new Map();
    this.problem = null; // why there is no colour
    this.leaving = new AbortController();
    this.colouring = new AbortController(); // ends sooner: when the page is turned away from and has no colour yet
  }

  /** Whether the page is shown as it is now, in colour. */
  get isCurrent() {
    return Boolean(this.colored) && this.revision === this.page.revision;
  }

  /** Whether something of the page is shown, as it came or in colour. */
  get hasPicture() {
    return Boolean(this.source ?? this.colored);
  }

  areaAt(point) {
    return this.map ? areaAt(this.map, point) : 0;
  }

  /** The area at a point as a path in pixels of the page; null where there is none. */
  pathAt(point) {
    const area = this.areaAt(point);
    if (!area) return null;
    if (!this.outlines.has(area)) {
      if (this.outlines.size > KEPT_OUTLINES) this.outlines.clear();
      this.outlines.set(area, asPath(outline(this.map, area)));
    }
    return this.outlines.get(area);
  }

  /** The pixels around a point, as the page shows them. */
  around({ x, y }, reach) {
    const canvas = this.colored;
    if (!canvas) return null;
    const [left, top] = [Math.max(0, Math.floor(x) - reach), Math.max(0, Math.floor(y) - reach)];
    const width = Math.min(canvas.width - left, 2 * reach + 1);
    const height = Math.min(canvas.height - top, 2 * reach + 1);
    return canvas.getContext("2d").getImageData(left, top, width, height).data;
  }

  /** Have nobody colour the page, where the server has not done so, until it is looked at again. */
  turnAway() {
    if (this.page.colored || this.isCurrent) return;
    this.colouring.abort();
    this.colouring = new AbortController();
    delete this.asked?.colored;
  }

  close() {
    this.leaving.abort();
    this.colouring.abort();
    this.source?.close();
  }
}

/**
 * @param onChange called whenever a page's pixels are others; with `{area, before}` where only a part of it is
 */
export function createPictures({ onChange, tell }) {
  let id = null;
  const kept = new Map(); // by number of the page, looked at last comes last

  function drop(number) {
    kept.get(number)?.close();
    kept.delete(number);
  }

  /** Whether pictures are still of a page of this project that was looked at lately. */
  function isKept(pictures) {
    return kept.get(pictures.page.number) === pictures;
  }

  /** The pictures of a page that somebody looks at now; nobody waits for the colours of those before it any more. */
  function open(page) {
    for (const other of kept.values()) if (other.page.number !== page.number) other.turnAway();
    return refresh(page);
  }

  /** The pictures of a page, which are fetched where they are missing or of another revision. */
  function refresh(page) {
    const known = kept.get(page.number) ?? new PagePictures(page);
    kept.delete(page.number);
    kept.set(page.number, known);
    known.page = page;
    for (const number of [...kept.keys()].slice(0, -KEPT_PAGES)) drop(number);
    fetchOnce(known, "source", loadSource);
    fetchColor(known, page.revision);
    return known;
  }

  /** Fetch the coloured page and then, since the server knows them only then, its areas. */
  async function fetchColor(known, revision) {
    if (known.revision !== revision) await fetchOnce(known, "colored", loadColored, revision);
    if (known.colored && !known.map) await fetchOnce(known, "map", loadMap);
  }

  async function fetchOnce(pictures, what, load, version = 1) {
    pictures.asked ??= {};
    if (pictures.asked[what] === version) return;
    pictures.asked[what] = version;
    let change;
    try {
      change = await load(pictures, version);
    } catch (error) {
      if (error.name === "AbortError") return;
      delete pictures.asked[what];
      if (what === "colored") pictures.problem = error.message;
      else if (!pictures.problem) tell(error.message, { isError: true });
    }
    if (isKept(pictures)) onChange(pictures, change);
  }

  async function loadSource(pictures) {
    const { page, leaving } = pictures;
    pictures.source = await bitmapOf(await api.source(id, page.number, leaving.signal));
  }

  async function loadColored(pictures, revision) {
    const { page, colouring } = pictures;
    pictures.problem = null;
    const bitmap = await bitmapOf(await api.colored(id, page.number, revision, colouring.signal));
    if (revision < pictures.revision) return undefined; // an answer to a step came first
    const { width, height } = page;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    const before = pictures.colored;
    Object.assign(pictures, { colored: canvas, revision });
    return { before, x: 0, y: 0 };
  }

  async function loadMap(pictures) {
    const { page, leaving } = pictures;
    pictures.map = await readMap(await api.areas(id, page.number, leaving.signal), page);
  }

  /** Fetch a page's colour again, whatever is known of it. */
  function reload(page) {
    const known = kept.get(page.number);
    if (!known) return;
    known.revision = -1;
    if (known.asked) delete known.asked.colored;
    refresh(page);
  }

  return {
    open,
    reload,
    /** Forget everything; pages of another project are shown from now on. */
    start(project) {
      for (const number of [...kept.keys()]) drop(number);
      id = project?.id ?? null;
    },
    /** Take in what a step has changed. */
    async patch({ page, patch, revision }) {
      const known = kept.get(page.number);
      if (!known) return;
      if (!known.colored) {
        refresh(page);
        return;
      }
      // Said before the picture is read, so that nobody fetches the whole page meanwhile.
      Object.assign(known, { revision, page });
      (known.asked ??= {}).colored = revision;
      if (!patch) return;
      const image = new Image();
      image.src = patch.image;
      try {
        await image.decode();
      } catch {
        return reload(page); // damaged on the way
      }
      if (!isKept(known)) return;
      const { x, y, width, height } = patch;
      const before = Object.assign(document.createElement("canvas"), { width, height });
      before.getContext("2d").drawImage(known.colored, -x, -y);
      known.colored.getContext("2d").drawImage(image, x, y, width, height);
      onChange(known, { before, x, y });
    },
  };
}

/** A picture to be drawn; what browsers say of one that they cannot read is for nobody. */
async function bitmapOf(blob) {
  try {
    return await createImageBitmap(blob);
  } catch {
    throw new Error("The browser cannot show this page.");
  }
}

function asPath(loops) {
  const path = new Path2D();
  for (const loop of loops) {
    loop.forEach(({ x, y }, i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
    path.closePath();
  }
  return path;
}
