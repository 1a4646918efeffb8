/** One page on the screen: the picture, or a blank sheet of its size with what is to be said of it. */

import { h } from "./dom.js";

const PATIENCE = 5000; // milliseconds after which it is told how long it has been

/** @param onRetry called with the number of a page that somebody wants to be asked for again */
export function createLeaf(number, { loader, onRetry }) {
  const element = h("div", { class: "leaf", dir: "ltr" });
  const again = (text) => h("button", { type: "button", class: "button", on: { click: () => onRetry(number) } }, text);
  const doing = () => `${loader.isOriginal ? "Fetching" : "Colouring"} page ${number + 1}`;
  let told = "";
  let clock = 0;

  /** Show what there is; `ratio` is the width over the height of a page that nobody has seen yet. */
  function update(ratio) {
    const page = loader.at(number) ?? {};
    const { image, problem, isColoured } = page;
    element.style.setProperty("--ratio", image ? image.naturalWidth / image.naturalHeight : ratio);
    const state = image ? (isColoured ? "shown" : "grey") : problem ? "problem" : "waiting";
    const isOnItsWay = state === "grey" && Boolean(page.leaving);
    const says = [state, image?.src ?? problem ?? "", isOnItsWay, state === "waiting" && doing()].join(" ");
    if (told === says) return;
    told = says;
    clearInterval(clock);
    element.replaceChildren(...made[state](page));
    element.setAttribute("aria-busy", state === "waiting");
  }

  const made = {
    shown: ({ image }) => [image],
    grey: ({ image, leaving }) => [
      image,
      h(
        "div",
        { class: "leaf-note" },
        h("p", {}, leaving ? "It is coloured once more …" : "This page came without colours."),
        !leaving && again("Try again"),
      ),
    ],
    problem: ({ problem }) => [
      h(
        "div",
        { class: "sheet" },
        h(
          "div",
          { class: "leaf-problem", role: "alert" },
          h("p", {}, `Page ${number + 1}: ${problem}`),
          again("Retry"),
        ),
      ),
    ],
    waiting() {
      const text = h("p", {}, doing());
      clock = setInterval(() => {
        const since = loader.at(number)?.since;
        const passed = since ? Date.now() - since : 0;
        if (passed > PATIENCE) text.textContent = `${doing()} · ${Math.round(passed / 1000)} s`;
      }, 1000);
      return [
        h(
          "div",
          { class: "sheet" },
          h("div", { class: "leaf-waiting" }, h("progress", { "aria-hidden": "true" }), text),
        ),
      ];
    },
  };
  return { element, number, update, close: () => clearInterval(clock) };
}
