/** The colour in hand: chosen by sliders, as text, from recent ones and from those to start with. */

import { BASICS, fromHsv, hsvOf, parseColor } from "./color.js";
import { h } from "./dom.js";
import { asToolbar } from "./roving.js";
import { pickColor } from "./state.js";

const SLIDERS = [
  ["h", "Hue", 360],
  ["s", "Saturation", 100],
  ["v", "Brightness", 100],
];

export function createColors({ store }) {
  let hsv = { h: 0, s: 0, v: 0 };
  const swatch = h("input", {
    type: "color",
    class: "color-swatch",
    "aria-label": "Colour, chosen by the system's dialog",
    on: { input: () => store.set(pickColor, swatch.value) },
  });
  const text = h("input", {
    type: "text",
    class: "color-text",
    maxLength: 40,
    spellcheck: false,
    autocomplete: "off",
    "aria-label": "Colour as #rrggbb, rgb(…) or a name",
    "aria-describedby": "color-problem",
    on: { change: typed, focus: () => text.select() },
  });
  const problem = h("p", { id: "color-problem", class: "hint color-problem", role: "alert" });
  const sliders = SLIDERS.map(([name, label, max]) => {
    const input = h("input", {
      type: "range",
      min: 0,
      max,
      step: 1,
      class: "color-slider",
      "data-of": name,
      on: { input: () => slid(name, Number(input.value)) },
    });
    return { name, input, element: h("label", { class: "slider-line" }, h("span", {}, label), input) };
  });
  const recent = asToolbar(h("div", { class: "swatches" }), "Recent colours");
  const recentPart = h("div", {}, h("h3", {}, "Recent"), recent);
  const basics = asToolbar(h("div", { class: "swatches" }), "Colours to start with");
  basics.append(...BASICS.map(([color, name]) => createSwatch(store, color, name)));

  function typed() {
    const color = parseColor(text.value);
    tellProblem(color ? "" : `“${text.value}” is no colour. Write it as #2c4a8c, rgb(44, 74, 140) or navy.`);
    if (!color) return; // what was typed stays, to be put right
    store.set(pickColor, color);
    text.value = store.state.color;
  }

  function tellProblem(words) {
    problem.textContent = words;
    text.setAttribute("aria-invalid", Boolean(words));
  }

  function slid(name, value) {
    hsv = { ...hsv, [name]: value };
    store.set(pickColor, fromHsv(hsv));
  }

  store.watch(
    (state) => state.color,
    (color) => {
      // A grey has no hue: the slider stays where it was, so that colour can come back.
      if (fromHsv(hsv) !== color) {
        const next = hsvOf(color);
        hsv = next.s && next.v ? next : { ...hsv, s: next.s, v: next.v };
      }
      swatch.value = text.value = color;
      tellProblem("");
      for (const { name, input } of sliders) input.value = Math.round(hsv[name]);
      const [, saturation, brightness] = sliders.map(({ input }) => input.style);
      saturation.setProperty("--from", fromHsv({ ...hsv, s: 0 }));
      saturation.setProperty("--to", fromHsv({ ...hsv, s: 100 }));
      brightness.setProperty("--from", "#000");
      brightness.setProperty("--to", fromHsv({ ...hsv, v: 100 }));
    },
  );
  store.watch(
    (state) => state.recent,
    (colors) => {
      recentPart.hidden = !colors.length;
      recent.replaceChildren(...colors.map((color) => createSwatch(store, color, color)));
    },
  );
  return h(
    "section",
    { class: "panel", "aria-label": "Colour" },
    h("div", { class: "color-head" }, swatch, text),
    problem,
    sliders.map(({ element }) => element),
    recentPart,
    h("h3", {}, "To start with"),
    basics,
  );
}

/** A button that takes a colour into the hand. */
export function createSwatch(store, color, name, { text = "", onPick = () => {} } = {}) {
  const button = h(
    "button",
    {
      type: "button",
      class: text ? "swatch swatch-named" : "swatch",
      title: name === color ? color : `${name}, ${color}`,
      "aria-label": name,
      on: {
        click: () => {
          store.set(pickColor, color);
          onPick();
        },
      },
    },
    h("span", { class: "swatch-color" }),
    text && h("span", { class: "swatch-text" }, text),
  );
  button.style.setProperty("--color", color);
  return button;
}
