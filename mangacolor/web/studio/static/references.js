/** Coloured pictures to follow or to pick colours from. */

import * as api from "./api.js";
import { h, icon, iconButton, renew } from "./dom.js";
import { createPicker } from "./picker.js";
import { currentPage, pickColor } from "./state.js";

export function createReferences({ store, actions, announce }) {
  const list = h("ul", { class: "references" });
  const input = h("input", {
    type: "file",
    accept: "image/*",
    multiple: true,
    hidden: true,
    tabIndex: -1,
    "aria-label": "Pictures to follow",
    on: {
      change: () => {
        actions.addReferences([...input.files]);
        input.value = "";
      },
    },
  });
  const add = iconButton("plus", "Add a coloured picture", () => input.click(), { text: "Add" });

  function show([, references, used]) {
    const { project } = store.state;
    const items = (references ?? []).map(({ name }) => {
      const isUsed = used === name;
      const button = h(
        "button",
        {
          type: "button",
          class: "reference",
          "aria-pressed": isUsed,
          "aria-label": `Reference ${name}`,
          title: name,
          on: { click: () => openReference(name) },
        },
        h("img", { src: api.referenceAddress(project.id, name), alt: "", loading: "lazy", decoding: "async" }),
        isUsed && h("span", { class: "badge" }, icon("check")),
      );
      return h("li", {}, button);
    });
    renew(list, items, add);
    list.hidden = !references?.length;
  }

  function openReference(name) {
    const { project } = store.state;
    const picker = createPicker({
      src: api.referenceAddress(project.id, name),
      name,
      onPick(color, { x, y }) {
        store.set(pickColor, color);
        box.close();
        announce(`Colour ${color} picked from ${name} at ${x}, ${y}`);
      },
    });
    const isUsed = currentPage(store.state)?.reference === name;
    const use = h(
      "button",
      { type: "button", class: "button button-main" },
      isUsed ? "Follow it no more" : "Follow it on this page",
    );
    const remove = iconButton("trash", "Remove", () => {}, { text: "Remove" });
    const box = h(
      "dialog",
      { class: "dialog dialog-wide", "aria-label": `Reference ${name}` },
      h(
        "div",
        { class: "dialog-head" },
        h("h2", {}, name),
        iconButton("close", "Close", () => box.close()),
      ),
      picker,
      h("div", { class: "dialog-foot" }, remove, use),
    );
    use.addEventListener("click", () => {
      actions.follow(isUsed ? null : name);
      box.close();
    });
    remove.addEventListener("click", () => {
      actions.removeReference(name);
      box.close();
    });
    box.addEventListener("close", () => box.remove());
    document.body.append(box);
    box.showModal();
  }

  // Not the project, which is another one after every step: what has the focus would be made anew.
  store.watch((state) => [state.project?.id, state.project?.references, currentPage(state)?.reference ?? null], show);
  return h(
    "section",
    { class: "panel", "aria-labelledby": "references-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "references-title" }, "References"), add),
    list,
    h(
      "p",
      { class: "hint" },
      "A coloured page or cover of the same comic. Drop it here, then follow it or pick colours from it.",
    ),
    input,
  );
}
