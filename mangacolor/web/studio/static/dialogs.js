/** Dialogs: keys, export, a question, a name. */

import { h, icon, iconButton } from "./dom.js";
import { shownKey } from "./keys.js";
import { recall, remember } from "./memory.js";

function open(box) {
  box.addEventListener("close", () => box.remove());
  box.addEventListener("click", (event) => {
    const { left, right, top, bottom } = box.getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    const isBeside = x < left || x > right || y < top || y > bottom;
    if (event.target === box && isBeside && event.detail) box.close();
  });
  document.body.append(box);
  box.showModal();
  return box;
}

function dialog(title, { wide = false } = {}, ...children) {
  const box = h(
    "dialog",
    { class: wide ? "dialog dialog-wide" : "dialog", "aria-label": title },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", {}, title),
      iconButton("close", "Close", () => box.close()),
    ),
    ...children,
  );
  return box;
}

export function showHelp(rows) {
  const groups = [...new Set(rows.map((row) => row.group).filter(Boolean))];
  const single = h("input", {
    type: "checkbox",
    checked: recall("keys", true),
    on: { change: () => remember("keys", single.checked) },
  });
  open(
    dialog(
      "Keys and gestures",
      { wide: true },
      h(
        "div",
        { class: "keys" },
        groups.map((group) =>
          h(
            "section",
            {},
            h("h3", {}, group),
            h(
              "dl",
              {},
              rows
                .filter((row) => row.group === group)
                .map((row) => [h("dt", {}, h("kbd", {}, shownKey(row))), h("dd", {}, row.label)]),
            ),
          ),
        ),
        h(
          "section",
          {},
          h("h3", {}, "Mouse and fingers"),
          h(
            "dl",
            {},
            GESTURES.map(([what, label]) => [h("dt", {}, what), h("dd", {}, label)]),
          ),
        ),
      ),
      h("label", { class: "check" }, single, "Single letters are shortcuts"),
    ),
  );
}

const GESTURES = [
  ["Wheel", "Zoom to the pointer; with Shift move sideways, with Alt the size of the brush"],
  ["Middle button", "Move the page"],
  ["Shift + click", "Fill an area alone: nothing follows"],
  ["Alt + click", "Pick a colour"],
  ["One finger", "Use the tool; slide to move the page"],
  ["Two fingers", "Move and zoom"],
];

const PAGE_FORMATS = [
  ["png", "PNG", "every pixel as it is"],
  ["jpg", "JPEG", "small, for reading"],
  ["webp", "WebP", "smaller still"],
  ["ora", "OpenRaster", "layers, for Krita and GIMP"],
  ["psd", "PSD", "layers, for Photoshop and Clip Studio"],
];
const SLOW = "A page without colour takes seconds. You may go on working: the file comes when it is ready.";
const BOOK_FORMATS = [
  ["same", "As it came", "the same kind of book"],
  ["cbz", "CBZ", "for comic readers"],
  ["pdf", "PDF", "to print or send"],
  ["ora", "OpenRaster", "a ZIP of layered pages"],
];

/**
 * Offer the formats; `run(number, format, signal)` exports a page or, with null, the book, and settles when that is
 * done or given up.
 */
export function showExport({ page, pages }, run) {
  let leaving = null;
  const said = h("span", {});
  const cancel = h("button", { type: "button", class: "button", on: { click: () => leaving?.abort() } }, "Cancel");
  const working = h("div", { class: "export-working", hidden: true }, h("span", { class: "spinner" }), said, cancel);
  const status = h("div", { role: "status" }, working);

  async function make(number, format, name) {
    leaving = new AbortController();
    said.textContent = number === null ? `Making the book as ${name} … ${SLOW}` : `Making the page as ${name} …`;
    working.hidden = false;
    const isDone = await run(number, format, leaving.signal);
    working.hidden = true;
    return isDone;
  }

  const offer = (number, [format, name, what]) => {
    const button = h(
      "button",
      {
        type: "button",
        class: "format",
        autofocus: number !== null && format === "png",
        on: {
          click: async () => {
            const all = box.querySelectorAll(".format");
            for (const one of all) one.disabled = true;
            button.setAttribute("aria-busy", "true");
            cancel.focus();
            const isDone = await make(number, format, name);
            for (const one of all) one.disabled = false;
            button.removeAttribute("aria-busy");
            if (box.open) button.focus();
            if (isDone) box.close();
          },
        },
      },
      icon("save"),
      h("span", { class: "format-name" }, name),
      h("span", { class: "format-what" }, what),
    );
    return h("li", {}, button);
  };
  const box = dialog(
    "Export",
    { wide: true },
    h(
      "div",
      { class: "formats" },
      h(
        "section",
        {},
        h("h3", {}, `This page (${page + 1})`),
        h(
          "ul",
          {},
          PAGE_FORMATS.map((format) => offer(page, format)),
        ),
      ),
      h(
        "section",
        {},
        h("h3", {}, pages === 1 ? "The book (1 page)" : `The book (${pages} pages)`),
        h(
          "ul",
          {},
          BOOK_FORMATS.map((format) => offer(null, format)),
        ),
      ),
    ),
    status,
    h("p", { class: "hint" }, "Pages without colour are coloured first; skipped ones stay as they came."),
  );
  open(box);
}

/** Ask before something is gone; settles with whether to do it. */
export function confirm(title, text, action) {
  return new Promise((resolve) => {
    let said = false;
    const box = dialog(
      title,
      {},
      h("p", {}, text),
      h(
        "div",
        { class: "dialog-foot" },
        h("button", { type: "button", class: "button", on: { click: () => box.close() } }, "Cancel"),
        h(
          "button",
          { type: "button", class: "button button-main", on: { click: () => ((said = true), box.close()) } },
          action,
        ),
      ),
    );
    box.addEventListener("close", () => resolve(said));
    open(box);
  });
}

/** Ask for a name; settles with it, or with null. */
export function askName(title, label, action) {
  return new Promise((resolve) => {
    let said = null;
    const input = h("input", { type: "text", required: true, maxLength: 80, autocomplete: "off" });
    const box = dialog(
      title,
      {},
      h(
        "form",
        {
          class: "name-form",
          on: {
            submit: (event) => {
              event.preventDefault();
              said = input.value.trim() || null;
              box.close();
            },
          },
        },
        h("label", {}, label, input),
        h("div", { class: "dialog-foot" }, h("button", { type: "submit", class: "button button-main" }, action)),
      ),
    );
    box.addEventListener("close", () => resolve(said));
    open(box);
    input.focus();
  });
}
