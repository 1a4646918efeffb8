/** What this browser keeps by itself: the tool in hand, the page last looked at, and steps that found no answer. */

const PREFIX = "mangacolor.studio.";

export function recall(key, otherwise = null) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Private windows may keep nothing; the studio works without.
  }
}
