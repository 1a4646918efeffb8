/** The first screen: what is there to go on with, and a place to drop something new. */

import * as api from "./api.js";
import { h, icon, iconButton, renew } from "./dom.js";
import { ACCEPTED, chosen } from "./opening.js";

export function createHome({ store, actions }) {
  const files = chooser({ accept: ACCEPTED });
  const folder = chooser({ webkitdirectory: true });
  const choose = h(
    "button",
    { type: "button", class: "button button-main", on: { click: () => files.click() } },
    "Choose files",
  );
  const list = h("ul", { class: "projects" });
  const title = h("h2", { id: "projects-title" }, "Go on with");

  function chooser(props) {
    const input = h("input", {
      type: "file",
      multiple: true,
      hidden: true,
      tabIndex: -1,
      "aria-label": "Pages and books",
      ...props,
    });
    input.addEventListener("change", () => {
      actions.openFiles(chosen(input.files));
      input.value = "";
    });
    return input;
  }

  function card({ id, name, pages, done, changed, cover }) {
    const image = h("img", { src: api.thumbAddress(id, cover, changed ?? ""), alt: "", loading: "lazy" });
    const what = `${pages === 1 ? "1 page" : `${pages} pages`}, ${done} done`;
    return h(
      "li",
      { class: "project" },
      h(
        "a",
        { href: `#${encodeURIComponent(id)}`, class: "project-link" },
        h("span", { class: "project-thumb" }, image),
        h("span", { class: "project-name" }, name),
        h("span", { class: "hint" }, what),
        changed && h("span", { class: "hint" }, when(changed)),
      ),
      iconButton("trash", `Delete ${name}`, () => actions.deleteProject({ id, name }), {
        class: "button button-icon project-delete",
      }),
    );
  }

  store.watch(
    (state) => state.projects,
    (projects) => {
      title.hidden = !projects?.length;
      const byDate = [...(projects ?? [])].sort((a, b) =>
        String(b.changed ?? "").localeCompare(String(a.changed ?? ""), "en", { numeric: true }),
      );
      renew(list, byDate.map(card), choose);
    },
  );
  return {
    element: h(
      "main",
      { class: "home" },
      h(
        "div",
        { class: "home-drop" },
        icon("drop"),
        h("h1", {}, "Open a page, a chapter or a book"),
        h("p", {}, "Drop it here. It is coloured on your own server and kept there until you delete it."),
        h(
          "div",
          { class: "home-buttons" },
          choose,
          h("button", { type: "button", class: "button", on: { click: () => folder.click() } }, "Choose a folder"),
        ),
        h("p", { class: "hint" }, "PNG, JPEG, WebP, CBZ, ZIP, PDF, EPUB"),
      ),
      "library" in document.documentElement.dataset &&
        h("p", { class: "home-library" }, h("a", { class: "button", href: "read" }, icon("pages"), "Read the library")),
      h("section", { "aria-labelledby": "projects-title" }, title, list),
      files,
      folder,
    ),
  };
}

/** A moment as people say it; seconds since 1970 or an ISO date. */
function when(changed) {
  const date = new Date(typeof changed === "number" ? changed * 1000 : changed);
  if (Number.isNaN(date.getTime())) return "";
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday
    ? date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" });
}
