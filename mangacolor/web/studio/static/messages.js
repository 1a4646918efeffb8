/** What is said to whoever works: short notes that go away, and words for screen readers only. */

import { h, iconButton } from "./dom.js";

const SHOWN_MS = 5000;
const ERROR_SHOWN_MS = 15000;
const MOST_SHOWN = 3;

export function createMessages() {
  const spoken = h("p", { class: "unseen", role: "status", "aria-live": "polite" });
  const notes = h("div", { class: "notes", role: "region", "aria-label": "Messages" });
  // While a dialog is open, nothing outside it is read out or can be clicked.
  document.addEventListener("close", () => document.body.append(notes), { capture: true });

  return {
    elements: [spoken, notes],
    notes,
    announce(text) {
      spoken.textContent = text;
    },
    /** Show a note; `action` is {label, run} for a button in it. */
    tell(text, { isError = false, action = null } = {}) {
      const close = () => note.remove();
      const note = h(
        "div",
        { class: isError ? "note note-error" : "note", role: isError ? "alert" : "status" },
        h("span", {}, text),
        action &&
          h("button", { type: "button", class: "button", on: { click: () => (close(), action.run()) } }, action.label),
        iconButton("close", "Close message", close),
      );
      document.querySelector("dialog[open]")?.append(notes);
      notes.append(note);
      const shown = notes.querySelectorAll(".note:not(.upload)");
      if (shown.length > MOST_SHOWN) shown[0].remove();
      // Not while it is read or about to be clicked.
      const end = () => (note.matches(":hover, :focus-within") ? setTimeout(end, SHOWN_MS) : close());
      setTimeout(end, isError || action ? ERROR_SHOWN_MS : SHOWN_MS);
    },
  };
}
