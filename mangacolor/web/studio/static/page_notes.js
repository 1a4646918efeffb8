/** What is said about the page: how many corrections it has, and what the stage waits for. */

import { h, iconButton } from "./dom.js";
import { currentPage, history } from "./state.js";

/** The panel with a page's corrections. */
export function createPageNotes({ store, actions }) {
  const said = h("p", {});
  const reset = iconButton(
    "trash",
    "Take all hints and locks of this page away; undo brings them back",
    actions.reset,
    { text: "Clear" },
  );

  store.watch(
    (state) => [currentPage(state), state.queue],
    ([page]) => {
      if (!page) return;
      const { steps } = history(store.state, page.number);
      const parts = [
        count(page.hints.length, "hint"),
        count(page.locks.length, "locked area"),
        page.reference && `follows ${page.reference}`,
      ];
      said.textContent = parts.filter(Boolean).join(", ") || "No corrections yet. Click an area to fill it.";
      reset.disabled = !steps || !(page.hints.length + page.locks.length);
    },
  );
  return h(
    "section",
    { class: "panel", "aria-labelledby": "page-title" },
    h("div", { class: "panel-head" }, h("h2", { id: "page-title" }, "This page"), reset),
    said,
  );
}

/** What lies over the stage while something is awaited or has gone wrong. */
export function createStatus({ store, stage, onRetry, onSend }) {
  const words = h("span", {});
  const retry = h("button", { type: "button", class: "button" }, "Try again");
  const element = h(
    "div",
    { class: "status", role: "status", hidden: true },
    h("span", { class: "spinner" }),
    words,
    retry,
  );
  let run = onRetry;
  retry.addEventListener("click", () => run());

  function update() {
    const { pictures } = stage;
    const { stalled, queue } = store.state;
    const isWaiting = pictures && !pictures.isCurrent && !pictures.problem && !queue.length;
    let text = "";
    if (stalled) text = `${stalled} ${count(queue.length, "step")} kept until it does.`;
    else if (pictures?.problem) text = pictures.problem;
    else if (isWaiting) text = pictures.source ? "Colouring the page …" : "Opening the page …";
    run = stalled ? onSend : onRetry;
    words.textContent = text;
    retry.hidden = isWaiting && !stalled;
    element.hidden = !text;
    element.dataset.kind = stalled || pictures?.problem ? "problem" : "waiting";
  }

  store.watch((state) => [state.stalled, state.queue, state.project], update);
  return {
    element,
    update,
    /** A row for every file that is sent, in a box. */
    showUpload(box) {
      const rows = new Map();
      return (name, share) => {
        if (!rows.has(name)) {
          const bar = h("progress", { max: 1, value: 0, "aria-label": name });
          rows.set(name, { bar, row: h("div", { class: "note upload" }, h("span", {}, name), bar) });
          box.append(rows.get(name).row);
        }
        const { bar, row } = rows.get(name);
        if (share === null) row.remove();
        else if (share < 1) bar.value = share;
        else bar.removeAttribute("value"); // all sent: the server reads it
      };
    },
  };
}

function count(number, what) {
  return number ? `${number} ${what}${number === 1 ? "" : "s"}` : "";
}
