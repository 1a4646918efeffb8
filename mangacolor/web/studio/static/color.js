/** Colours as "#rrggbb", as numbers and as hue, saturation and brightness. Pure functions. */

/** Colours to start from, as colourists use them for skin, hair and cloth. */
export const BASICS = [
  ["#ffe3d1", "fair skin"],
  ["#f6c9a6", "skin"],
  ["#c98f66", "tanned skin"],
  ["#8a5a3c", "dark skin"],
  ["#2f2a33", "black hair"],
  ["#6b4630", "brown hair"],
  ["#e8c46a", "blond hair"],
  ["#c4512d", "red hair"],
  ["#d8452e", "vermilion"],
  ["#f2b632", "yellow"],
  ["#6fae5c", "green"],
  ["#2f7f86", "teal"],
  ["#6db3e8", "sky blue"],
  ["#2c4a8c", "navy"],
  ["#9a6fb8", "violet"],
  ["#ffffff", "white"],
];

const NO_COLOURS = /^(currentcolor|transparent|inherit|initial|unset|revert|revert-layer)$|var\(/i;

/** "#rrggbb" of what somebody typed: "#abc", "AABBCC", " #aabbcc "; null if it is no colour. */
export function parseHex(text) {
  const digits = text.trim().replace(/^#/, "").toLowerCase();
  if (/^[0-9a-f]{6}$/.test(digits)) return `#${digits}`;
  if (/^[0-9a-f]{3}$/.test(digits)) return `#${[...digits].map((one) => one + one).join("")}`;
  return null;
}

/** "#rrggbb" of what a hint takes, too: also "rgb(10, 20, 30)", "hsl(…)" and names as "navy"; else null. */
export function parseColor(text) {
  const hex = parseHex(text);
  if (hex || !globalThis.CSS?.supports("color", text) || NO_COLOURS.test(text.trim())) return hex;
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = text.trim();
  return parseHex(context.fillStyle); // null where it is one that is seen through
}

export function rgbOf(hex) {
  return [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
}

export function hexOf(rgb) {
  return `#${rgb
    .map((one) =>
      Math.round(Math.min(255, Math.max(0, one)))
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

/** Hue in degrees, saturation and brightness in percent. A grey has hue 0. */
export function hsvOf(hex) {
  const [r, g, b] = rgbOf(hex).map((one) => one / 255);
  const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
  const span = most - least;
  let hue = 0;
  if (span) {
    if (most === r) hue = ((g - b) / span + 6) % 6;
    else if (most === g) hue = (b - r) / span + 2;
    else hue = (r - g) / span + 4;
  }
  return { h: hue * 60, s: most ? (100 * span) / most : 0, v: 100 * most };
}

export function fromHsv({ h, s, v }) {
  const [strength, light] = [s / 100, v / 100];
  const channel = (offset) => {
    const k = (offset + h / 60) % 6;
    return 255 * (light - light * strength * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return hexOf([channel(5), channel(3), channel(1)]);
}

/** Relative luminance as WCAG has it, 0 to 1. */
export function luminance(hex) {
  const [r, g, b] = rgbOf(hex).map((one) => {
    const part = one / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The brightest of some pixels: the colour between lines rather than the lines. `rgba` has four bytes a pixel. */
export function brightest(rgba) {
  let [best, most] = [0, -1];
  for (let i = 0; i < rgba.length; i += 4) {
    const light = 2 * rgba[i] + 5 * rgba[i + 1] + rgba[i + 2];
    if (light > most) [best, most] = [i, light];
  }
  return hexOf([...rgba.slice(best, best + 3)]);
}
