/** The bars above and below a page, and the sheet that says how pages are shown. */

import { h, iconButton } from "./dom.js";

const WAYS = [
  ["rtl", "Right to left"],
  ["ltr", "Left to right"],
  ["strip", "One long strip"],
];
const FITS = [
  ["page", "Whole page"],
  ["width", "Width"],
  ["height", "Height"],
];

/**
 * @param onView called with what is to be shown otherwise, such as {fit: "width"}
 * @param onTurn called with "next" or "previous"
 * @param onGo called with the number of a page
 * @param onOriginal called when pages are wanted as they came, or in colour again
 * @param download takes the book away; see download.js
 */
export function createControls({ onView, onTurn, onGo, onOriginal, download }) {
  const title = h("h1", { class: "title" });
  const back = h("a", { class: "button button-icon", "aria-label": "Back to the library", title: "Back (Escape)" });
  const original = iconButton("before", "Original page", onOriginal, { key: "O", "aria-pressed": "false" });
  const settings = iconButton("sliders", "How pages are shown", () => toggle(), { "aria-expanded": "false" });
  const full = iconButton("fit", "Full screen", fullScreen, { key: "F" });
  full.hidden = !document.fullscreenEnabled;
  const parts = h("div", { class: "top-part" }, original, download.button, settings, full);
  const top = h("header", { class: "bar bar-top" }, back, title, parts, download.told);

  const left = iconButton("left", "", () => onTurn(left.dataset.turn));
  const right = iconButton("right", "", () => onTurn(right.dataset.turn));
  const slider = h("input", { type: "range", min: 1, step: 1, "aria-label": "Page" });
  slider.addEventListener("input", () => say([slider.valueAsNumber - 1]));
  slider.addEventListener("change", () => onGo(slider.valueAsNumber - 1));
  const where = h("span", { class: "where" });
  const bottom = h("footer", { class: "bar bar-bottom" }, left, slider, where, right);

  const inputs = new Map(); // by name and value
  const sheet = h(
    "section",
    { class: "settings", "aria-label": "How pages are shown", hidden: true },
    choice("way", "Direction", WAYS),
    choice("fit", "Size", FITS),
    h(
      "div",
      { class: "settings-more" },
      tick("isDouble", "Two pages on wide windows"),
      tick("isCoverAlone", "The first page stands alone"),
    ),
    h(
      "p",
      { class: "hint settings-keys" },
      "Arrow keys and Space turn pages, Home and End lead to the first and the last, F fills the screen, " +
        "D shows two, O the original page.",
    ),
  );
  sheet.addEventListener("keydown", (event) => {
    if (event.key === "Escape") toggle(false);
  });
  let count = 0;

  function choice(name, text, values) {
    const options = values.map(([value, label]) => {
      const input = h("input", { type: "radio", name, value, on: { change: () => onView({ [name]: value }) } });
      inputs.set(`${name} ${value}`, input);
      return h("label", {}, input, h("span", {}, label));
    });
    return h("fieldset", { class: "choice" }, h("legend", {}, text), h("div", { class: "choice-row" }, options));
  }

  function tick(name, text) {
    const input = h("input", { type: "checkbox", on: { change: () => onView({ [name]: input.checked }) } });
    inputs.set(name, input);
    return h("label", { class: "tick" }, input, text);
  }

  function toggle(isOpen = sheet.hidden) {
    if (sheet.hidden === !isOpen) return;
    const hadFocus = sheet.contains(document.activeElement);
    sheet.hidden = !isOpen;
    settings.setAttribute("aria-expanded", isOpen);
    if (isOpen) sheet.querySelector("input:checked").focus();
    else if (hadFocus) settings.focus();
  }

  /** Say where somebody is, or will be when the slider is let go of. */
  function say(pages) {
    const text = pages.map((page) => page + 1).join("–");
    where.textContent = `${text} / ${count}`;
    slider.setAttribute("aria-valuetext", `${text} of ${count}`);
  }

  return {
    elements: [top, sheet, bottom],
    toggle,
    fullScreen,
    get isOpen() {
      return !sheet.hidden;
    },
    /** Begin with a book; `home` is the address of the shelf that it was taken from. */
    open(book, home) {
      count = book.count;
      title.textContent = book.title;
      title.title = book.title;
      back.href = home;
      back.replaceChildren(...iconButton("close", "").childNodes);
      slider.max = count;
      toggle(false);
    },
    shows(pages) {
      slider.value = pages[0] + 1;
      say(pages);
    },
    /** Say whether pages are shown as they came. */
    original: (isShown) => original.setAttribute("aria-pressed", isShown),
    /** Show how pages are shown. */
    view(view) {
      const { way, fit, isDouble, isCoverAlone } = view;
      inputs.get(`way ${way}`).checked = true;
      inputs.get(`fit ${fit}`).checked = true;
      inputs.get("isDouble").checked = isDouble;
      inputs.get("isCoverAlone").checked = isCoverAlone;
      inputs.get("isDouble").disabled = way === "strip";
      inputs.get("isCoverAlone").disabled = way === "strip" || !isDouble;
      slider.dir = way === "rtl" ? "rtl" : "ltr";
      for (const [button, turn] of [
        [left, way === "rtl" ? "next" : "previous"],
        [right, way === "rtl" ? "previous" : "next"],
      ]) {
        button.dataset.turn = turn;
        button.title = turn === "next" ? "Next page" : "Previous page";
        button.setAttribute("aria-label", button.title);
      }
    },
  };
}

export async function fullScreen() {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
  } catch {
    // Not allowed here; the page is shown as before.
  }
}
