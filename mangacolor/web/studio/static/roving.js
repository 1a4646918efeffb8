/** Buttons that are one stop for the Tab key, as WAI-ARIA has toolbars; arrow keys, Home and End move among them. */

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Make an element the toolbar of its buttons; see `asOneStop`. */
export function asToolbar(element, label) {
  element.setAttribute("role", "toolbar");
  element.setAttribute("aria-label", label);
  return asOneStop(element, {
    settled: (found) => {
      const isColumn = columns(found) === 1 && found.length > 1;
      element.setAttribute("aria-orientation", isColumn ? "vertical" : "horizontal");
    },
  });
}

/**
 * Make an element one stop of the Tab key for all its buttons, also for those that come; hidden and disabled ones are
 * passed over.
 *
 * @param home says to which button the Tab key comes from outside; without it, to the one that was left
 * @param settled is told the buttons that can be reached, whenever they may have changed
 */
export function asOneStop(element, { home = () => null, settled = () => {} } = {}) {
  let current = null; // where the Tab key comes to

  const all = () => [...element.querySelectorAll("button")];
  const ready = () => all().filter((one) => !one.disabled && one.checkVisibility());

  function settle(wanted) {
    const [known, found] = [all(), ready()];
    if (!found.length) return;
    const at = known.indexOf(wanted);
    const distance = (one) => Math.abs(known.indexOf(one) - at);
    const next = found.reduce((best, one) => (distance(one) <= distance(best) ? one : best));
    if (wanted && wanted !== next && document.activeElement === wanted) next.focus(); // it was disabled just now
    current = next;
    for (const one of known) one.tabIndex = one === current ? 0 : -1;
    settled(found);
  }

  function settleAgain() {
    settle((!element.contains(document.activeElement) && home()) || current);
  }

  element.addEventListener("focusin", ({ target }) => settle(target.closest("button")));
  element.addEventListener("focusout", ({ relatedTarget }) => {
    if (home() && !element.contains(relatedTarget)) settle(home());
  });
  element.addEventListener("keydown", (event) => {
    const found = ready();
    const at = found.indexOf(document.activeElement);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = target(event.key, at, found);
    if (to === null) return;
    event.preventDefault();
    found[to].focus();
  });
  new MutationObserver(settleAgain).observe(element, {
    childList: true,
    subtree: true,
    attributeFilter: ["disabled", "hidden", "aria-current"],
  });
  new ResizeObserver(settleAgain).observe(element); // other buttons are there on small screens
  return element;
}

/** Which button a key leads to from number `at`; null where it is no such key. */
function target(key, at, found) {
  if (key === "Home") return 0;
  if (key === "End") return found.length - 1;
  if (!ARROWS[key]) return null;
  const [across, down] = ARROWS[key];
  const row = columns(found);
  const step = across + down * (row < found.length ? row : 1); // in a single row, up and down move along it
  return (at + step + found.length) % found.length;
}

/** How many buttons stand beside each other in the first row. */
function columns(found) {
  const tops = found.map((one) => Math.round(one.getBoundingClientRect().top));
  return tops.filter((top) => top === tops[0]).length;
}
