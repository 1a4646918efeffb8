/** The strip below the page: which page it is, how large it is shown, and what is decided about it. */

import { h, iconButton } from "./dom.js";
import { nameOfStanding } from "./rail.js";
import { asToolbar } from "./roving.js";
import { currentPage, neighbour, showPage, standing } from "./state.js";

export function createReview({ store, stage, actions }) {
  const before = iconButton("left", "Page before", () => store.set(showPage, neighbour(store.state, -1)), {
    key: "Page Up",
  });
  const after = iconButton("right", "Next page", () => store.set(showPage, neighbour(store.state, 1)), {
    key: "Page Down",
  });
  const where = h("p", { class: "where" });
  const zoom = h("button", {
    type: "button",
    class: "button zoom",
    title: "Fit the page (0)",
    on: { click: stage.fit },
  });
  const approve = iconButton("check", "Approve", () => actions.decide("approved"), { key: "A", text: "Approve" });
  const skip = iconButton("skip", "Skip", () => actions.decide("skipped"), { key: "X", text: "Skip" });
  const again = iconButton("again", "Colour again", actions.again, { key: "R", text: "Again" });
  approve.classList.add("button-main");

  stage.canvas.addEventListener("view", ({ detail }) => {
    const percent = Math.round(detail.scale * devicePixelRatio * 100);
    zoom.textContent = `${percent} %`;
    zoom.setAttribute("aria-label", `${percent} %, fit the page`);
  });
  store.watch(
    (state) => [state.project, state.current, state.batch, state.failed],
    ([project, current]) => {
      const page = currentPage(store.state);
      if (!page) return;
      before.disabled = neighbour(store.state, -1) === null;
      after.disabled = neighbour(store.state, 1) === null;
      where.replaceChildren(
        h("span", { class: "where-number" }, `${current + 1} / ${project.pages.length}`),
        h("span", { class: "where-state" }, nameOfStanding(standing(store.state, page))),
      );
      approve.setAttribute("aria-pressed", page.state === "approved");
      skip.setAttribute("aria-pressed", page.state === "skipped");
      approve.lastChild.textContent = page.state === "approved" ? "Approved" : "Approve";
      skip.lastChild.textContent = page.state === "skipped" ? "Skipped" : "Skip";
    },
  );
  const review = h(
    "div",
    { class: "review" },
    h("div", { class: "review-part" }, before, where, after),
    h(
      "div",
      { class: "review-part review-zoom" },
      iconButton("minus", "Zoom out", () => stage.zoom(1 / 1.25), { key: "-" }),
      zoom,
      iconButton("plus", "Zoom in", () => stage.zoom(1.25), { key: "+" }),
    ),
    h("div", { class: "review-part" }, again, skip, approve),
  );
  return asToolbar(review, "This page");
}
