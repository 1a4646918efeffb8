/** The bar on top: where one is, comparing, export, help, light and dark. */

import { h, iconButton } from "./dom.js";
import { recall, remember } from "./memory.js";
import { asToolbar } from "./roving.js";

const THEMES = ["auto", "light", "dark"];

export function createTop({ store, actions }) {
  const title = h("p", { class: "title" });
  const compare = iconButton("compare", "Slider between before and after", actions.toggleCompare, { key: "S" });
  const before = iconButton("eye", "Hold to see the page as it came", () => {}, { key: "hold C" });
  const marks = iconButton("marks", "Hide marks of hints and locks", actions.toggleMarks, { key: "M" });
  const theme = iconButton("theme", "Light or dark", turnTheme, { class: "button button-icon theme-button" });
  const save = iconButton("save", "Export", actions.export, { key: "Ctrl+S", text: "Export" });
  const work = asToolbar(h("div", { class: "top-part" }, before, compare, marks, save), "View and export");

  for (const event of ["pointerdown", "keydown"]) {
    before.addEventListener(event, (press) => {
      if (press.type === "pointerdown" || press.key === " " || press.key === "Enter") actions.showBefore(true);
    });
  }
  for (const event of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) {
    before.addEventListener(event, () => actions.showBefore(false));
  }

  function turnTheme() {
    const next = THEMES[(THEMES.indexOf(recall("theme", "auto")) + 1) % THEMES.length];
    remember("theme", next);
    showTheme();
  }

  function showTheme() {
    const name = recall("theme", "auto");
    if (name === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    const label = { auto: "Light or dark: as the system", light: "Light", dark: "Dark" }[name];
    theme.title = label;
    theme.setAttribute("aria-label", label);
  }

  showTheme();
  store.watch(
    (state) => [state.project?.name, state.comparing, state.marks, state.before],
    ([name, isComparing, hasMarks, isBefore]) => {
      title.textContent = name ?? "";
      work.hidden = !name;
      compare.setAttribute("aria-pressed", isComparing);
      marks.setAttribute("aria-pressed", !hasMarks);
      before.setAttribute("aria-pressed", isBefore);
      document.title = name ? `${name} · Studio` : "Studio · mangacolor";
    },
  );
  return h(
    "header",
    { class: "top" },
    h(
      "a",
      { class: "home-link", href: "#", title: "All pages and books" },
      h("span", { class: "logo", "aria-hidden": "true" }),
      h("span", {}, "Studio"),
    ),
    title,
    work,
    h("div", { class: "top-part" }, theme, iconButton("help", "Keys and gestures", actions.help, { key: "?" })),
  );
}
