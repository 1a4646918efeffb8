/** Builds elements: the page is made by code, so that nothing of a file's name is ever read as HTML. */

import { ICONS } from "./icons.js";

/**
 * @param tag name of the element
 * @param props attributes; `class`, `on` ({event: listener}), properties such as `checked` and `value`; false and null
 *     leave an attribute out
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "on") for (const [event, run] of Object.entries(value)) element.addEventListener(event, run);
    else if (name in element && name !== "list" && name !== "role") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Put other children into a list; whoever had the focus there goes on at the first of them, or else at `otherwise`. */
export function renew(list, children, otherwise) {
  const hadFocus = list.contains(document.activeElement);
  list.replaceChildren(...children);
  if (hadFocus) (list.querySelector("a, button") ?? otherwise).focus();
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button with an icon; `label` is its accessible name, `key` the shortcut told in its tooltip. */
export function iconButton(name, label, run, { key = "", text = "", ...props } = {}) {
  return h(
    "button",
    {
      type: "button",
      class: text ? "button" : "button button-icon",
      title: key ? `${label} (${key})` : label,
      "aria-label": text && label.toLowerCase().includes(text.toLowerCase()) ? null : label,
      on: { click: run },
      ...props,
    },
    icon(name),
    text && h("span", {}, text),
  );
}
