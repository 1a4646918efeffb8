/** The pages of the chapter: what each looks like and what it is at; the whole chapter coloured at once. */

import * as api from "./api.js";
import { h, icon, iconButton } from "./dom.js";
import { asOneStop } from "./roving.js";
import { review, showPage, standing } from "./state.js";

/** What a page's standing is called, and its sign. */
const STANDINGS = {
  new: ["not coloured yet", ""],
  colored: ["coloured", "palette"],
  corrected: ["corrected", "edit"],
  approved: ["approved", "check"],
  skipped: ["skipped", "skip"],
  working: ["being coloured", "again"],
  failed: ["failed", "warning"],
  unreadable: ["cannot be read", "warning"],
};

const THUMB_PX = 132; // at most as high

export function nameOfStanding(name) {
  return STANDINGS[name][0];
}

export function createRail({ store, actions }) {
  const list = h("ol", { class: "pages" });
  asOneStop(list, { home: () => list.querySelector("[aria-current=page]") });
  const items = new Map();
  const count = h("p", { class: "rail-count" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Chapter" });
  const said = h("span", {});
  const stop = h("button", { type: "button", class: "button", on: { click: actions.stopBatch } }, "Stop");
  const working = h("div", { class: "batch" }, bar, h("div", { class: "batch-line" }, said, stop));
  const start = iconButton("palette", "Colour all pages that have no colour yet", actions.startBatch, {
    text: "Colour all",
  });

  function item(page) {
    const image = h("img", { alt: "", loading: "lazy", decoding: "async" });
    const sign = h("span", { class: "sign" });
    const button = h(
      "button",
      { type: "button", class: "page", on: { click: () => store.set(showPage, page.number) } },
      h("span", { class: "thumb" }, image),
      h("span", { class: "page-line" }, h("span", { class: "page-number" }, `${page.number + 1}`), sign),
    );
    return { element: h("li", {}, button), button, image, sign };
  }

  function update([project, current, , failed]) {
    if (!project) {
      list.replaceChildren();
      items.clear();
      return;
    }
    for (const page of project.pages) {
      if (!items.has(page.number)) {
        items.set(page.number, item(page));
        list.append(items.get(page.number).element);
      }
      show(items.get(page.number), page, page.number === current, project.id, failed[page.number]);
    }
    const { approved, skipped, total } = review(store.state);
    count.textContent = skipped
      ? `${approved} of ${total} approved, ${skipped} skipped`
      : `${approved} of ${total} approved`;
  }

  function show({ button, image, sign }, page, isCurrent, id, failure) {
    const name = standing(store.state, page);
    if (page.problem) failure = page.problem;
    image.hidden = button.disabled = Boolean(page.problem);
    const address = api.thumbAddress(id, page.number, `${page.revision} ${page.colored}`);
    if (!page.problem && image.src !== address) image.src = address;
    image.style.aspectRatio = `${page.width} / ${page.height}`;
    image.style.width = `min(100%, ${(THUMB_PX * page.width) / page.height}px)`;
    button.dataset.standing = name;
    button.setAttribute("aria-label", `Page ${page.number + 1}, ${STANDINGS[name][0]}`);
    button.title = failure ? `${page.name}: ${failure}` : `${page.name}, ${STANDINGS[name][0]}`;
    if (isCurrent && button.getAttribute("aria-current") !== "page") {
      button.setAttribute("aria-current", "page");
      button.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else if (!isCurrent) button.removeAttribute("aria-current");
    if (sign.dataset.name !== name) {
      sign.dataset.name = name;
      const drawing = STANDINGS[name][1];
      sign.replaceChildren(...(drawing ? [icon(drawing)] : []));
    }
  }

  let known = null;
  store.watch(
    (state) => [state.project, state.current, state.batch, state.failed],
    (now) => {
      if (now[0]?.id !== known) {
        known = now[0]?.id ?? null;
        list.replaceChildren();
        items.clear();
      }
      update(now);
    },
  );
  store.watch(
    (state) => state.batch,
    (batch) => {
      working.hidden = !batch;
      start.hidden = Boolean(batch);
      if (!batch) return;
      bar.value = batch.total ? batch.done / batch.total : 0;
      said.textContent = `${batch.done} of ${batch.total} coloured`;
    },
  );
  return h(
    "nav",
    { class: "rail", "aria-label": "Pages" },
    h("div", { class: "rail-head" }, start, working),
    list,
    count,
  );
}
