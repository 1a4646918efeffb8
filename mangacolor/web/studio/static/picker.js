/** A picture to take a colour from: by a click, or with arrow keys, which move a cross, and Enter. */

import { brightest } from "./color.js";
import { h } from "./dom.js";

const REACH = 2; // pixels of the picture around the place, of which the brightest counts: a line is no colour
const STEP_PX = 4; // on the screen
const FAR_PX = 32; // with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param onPick told (color, {x, y}) of what was taken, in pixels of the picture
 */
export function createPicker({ src, name, onPick }) {
  const image = h("img", { src, alt: "" });
  const cross = h("span", { class: "picker-cross", hidden: true });
  const swatch = h("span", { class: "swatch-color", hidden: true });
  const said = h("span", {});
  const place = h(
    "div",
    {
      class: "picker-picture",
      tabIndex: 0,
      autofocus: true,
      role: "application",
      "aria-label": `Picture ${name}`,
      "aria-describedby": "picker-help",
    },
    image,
    cross,
  );
  let at = null;

  const scale = () => image.naturalWidth / image.clientWidth;
  const within = (value, length) => Math.min(length - 1, Math.max(0, Math.floor(value)));

  function go(x, y) {
    if (!image.naturalWidth) return; // it has not come yet
    at = { x: within(x, image.naturalWidth), y: within(y, image.naturalHeight) };
    const color = colorAt(image, at);
    cross.style.left = `${((at.x + 0.5) / image.naturalWidth) * 100}%`;
    cross.style.top = `${((at.y + 0.5) / image.naturalHeight) * 100}%`;
    swatch.style.setProperty("--color", color);
    swatch.hidden = false;
    said.textContent = `${color} at ${at.x}, ${at.y}`;
  }

  function pick() {
    if (at) onPick(colorAt(image, at), at);
  }

  place.addEventListener("pointermove", ({ offsetX, offsetY }) => {
    cross.hidden = true;
    go(offsetX * scale(), offsetY * scale());
  });
  place.addEventListener("click", ({ offsetX, offsetY }) => {
    go(offsetX * scale(), offsetY * scale());
    pick();
  });
  place.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") pick();
    else if (ARROWS[event.key]) {
      const [dx, dy] = ARROWS[event.key];
      const far = (event.shiftKey ? FAR_PX : STEP_PX) * scale();
      const from = at ?? { x: image.naturalWidth / 2, y: image.naturalHeight / 2 };
      cross.hidden = false;
      go(from.x + dx * far, from.y + dy * far);
    } else return;
    event.preventDefault();
  });
  return h(
    "div",
    { class: "picker" },
    h(
      "p",
      { class: "hint", id: "picker-help" },
      "Click the picture to take a colour from it; or move a cross with the arrow keys, and press Enter.",
    ),
    place,
    h("p", { class: "picker-said", role: "status" }, swatch, said),
  );
}

function colorAt(image, { x, y }) {
  const side = 2 * REACH + 1;
  const context = Object.assign(document.createElement("canvas"), { width: side, height: side }).getContext("2d");
  context.drawImage(image, x - REACH, y - REACH, side, side, 0, 0, side, side);
  return brightest(context.getImageData(0, 0, side, side).data);
}
