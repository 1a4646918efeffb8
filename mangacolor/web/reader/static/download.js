/** A button that takes a book away in colour, and what is said of that. */

import { h, iconButton } from "./dom.js";
import { sentence } from "./taking.js";

/** @param label the button's name, and what is told of it */
export function createDownload(taking, label = "Download in colour") {
  let book = null;
  const button = iconButton("save", label, () => taking.take(book.key, book.coloured));
  const bar = h("progress", { "aria-hidden": "true" });
  const text = h("span", {});
  const told = h("div", { class: "taking", hidden: true }, bar, text);

  function update() {
    const said = taking.at(book.key);
    const isUnderWay = taking.isUnderWay(book.key);
    button.setAttribute("aria-disabled", isUnderWay);
    told.hidden = !said;
    if (!said) return;
    told.dataset.state = said.state;
    bar.hidden = !isUnderWay;
    if (said.pages) Object.assign(bar, { max: said.pages, value: said.done });
    else bar.removeAttribute("value");
    text.textContent = sentence(said);
  }

  return {
    button,
    told,
    update,
    /** Be there for a book; folders of pictures cannot be taken away. */
    show(other) {
      book = other;
      button.hidden = !book.coloured;
      update();
    },
  };
}
