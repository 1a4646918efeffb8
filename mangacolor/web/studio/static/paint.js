/** Draws the stage: the page, what is about to change on it, and the marks over it. */

import { toScreen } from "./geometry.js";
import { luminance } from "./color.js";

const SHARP_FROM = 3; // from so many screen pixels for one of the page on, pixels are shown as squares

/**
 * @param context of the stage's canvas, scaled to CSS pixels
 * @param scene {size, view, page, pictures, split, isBefore, fade, waiting, hover, stroke, marks, cross, ring, theme}
 */
export function paint(context, scene) {
  const { size, view, page, pictures } = scene;
  context.clearRect(0, 0, size.width, size.height);
  if (!page) return;
  context.save();
  context.translate(view.x, view.y);
  context.scale(view.scale, view.scale);
  context.imageSmoothingEnabled = view.scale < SHARP_FROM;
  context.imageSmoothingQuality = "high";
  paintSheet(context, page, scene.theme);
  const before = pictures?.source;
  const after = pictures?.colored ?? before;
  if (scene.isBefore) paintPicture(context, before ?? after, page);
  else if (after) {
    paintPicture(context, after, page);
    if (scene.fade) paintFade(context, scene.fade);
    for (const one of scene.waiting) one.stroke ? paintStroke(context, one.stroke) : paintWaiting(context, one);
    if (scene.stroke) paintStroke(context, scene.stroke);
    if (scene.split !== null && before) paintSplit(context, before, scene);
  }
  context.restore();
  if (scene.isBefore) return;
  if (scene.hover) paintHover(context, scene);
  if (scene.marks) paintMarks(context, scene);
  if (scene.ring) paintRing(context, scene.ring);
  if (scene.cross) paintCross(context, toScreen(view, scene.cross));
}

function paintSheet(context, page, theme) {
  context.save();
  context.shadowColor = theme.shadow;
  context.shadowBlur = 24;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, page.width, page.height);
  context.restore();
}

function paintPicture(context, picture, page) {
  if (picture) context.drawImage(picture, 0, 0, page.width, page.height);
}

/** What a place showed before it changed goes away over a moment, so that the eye finds what is new. */
function paintFade(context, { before, x, y, share }) {
  context.save();
  context.globalAlpha = 1 - share;
  context.drawImage(before, x, y);
  context.restore();
}

/** A colour that was asked for is laid over its area at once, as it will about be. */
function paintWaiting(context, { path, color }) {
  context.save();
  context.globalCompositeOperation = "multiply";
  context.globalAlpha = 0.8;
  context.fillStyle = color;
  context.fill(path, "evenodd");
  context.restore();
}

function paintStroke(context, { points, radius, color }) {
  if (!points.length) return;
  context.save();
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = 2 * radius;
  context.globalAlpha = color ? 0.75 : 0.5;
  context.globalCompositeOperation = color ? "multiply" : "source-over";
  context.strokeStyle = color ?? "#fff";
  context.beginPath();
  context.moveTo(points[0].x, points[0].y + 0.01); // a line of no length would not be drawn
  for (const { x, y } of points) context.lineTo(x, y);
  context.stroke();
  context.restore();
}

function paintSplit(context, before, { split, view, page }) {
  const until = (split - view.x) / view.scale;
  if (until <= 0) return;
  context.save();
  context.beginPath();
  context.rect(0, 0, Math.min(page.width, until), page.height);
  context.clip();
  paintPicture(context, before, page);
  context.restore();
}

/** A light line on a dark one is seen on any colour. */
function paintHover(context, { hover, view }) {
  const { path, color } = hover;
  context.save();
  context.translate(view.x, view.y);
  context.scale(view.scale, view.scale);
  if (color) {
    context.globalCompositeOperation = "multiply";
    context.globalAlpha = 0.3;
    context.fillStyle = color;
    context.fill(path, "evenodd");
    context.globalCompositeOperation = "source-over";
    context.globalAlpha = 1;
  }
  context.lineJoin = "round";
  context.lineWidth = 3.5 / view.scale;
  context.strokeStyle = "rgb(20 20 20 / 0.75)";
  context.stroke(path);
  context.lineWidth = 1.5 / view.scale;
  context.strokeStyle = "#fff";
  context.stroke(path);
  context.restore();
}

function paintMarks(context, { marks, view }) {
  for (const { x, y, color } of marks.hints) {
    const at = toScreen(view, { x, y });
    disc(context, at, 5.5, "#fff");
    disc(context, at, 4, color);
    circle(context, at, 6, "rgb(20 20 20 / 0.7)");
  }
  for (const lock of marks.locks) paintLock(context, toScreen(view, lock));
}

function paintLock(context, { x, y }) {
  disc(context, { x, y }, 10, "rgb(20 20 20 / 0.85)");
  context.save();
  context.translate(x, y);
  context.strokeStyle = context.fillStyle = "#fff";
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(0, -1.5, 2.6, Math.PI, 0);
  context.stroke();
  context.beginPath();
  context.roundRect(-4, -1.5, 8, 6, 1);
  context.fill();
  context.restore();
}

/** How large the brush is. */
function paintRing(context, { at, radius, color }) {
  const isDark = color ? luminance(color) < 0.18 : false;
  circle(context, at, radius, isDark ? "#fff" : "rgb(20 20 20 / 0.9)", 2.5);
  circle(context, at, radius, color ?? "#fff", 1.25);
}

function paintCross(context, { x, y }) {
  for (const [width, style] of [
    [4, "rgb(20 20 20 / 0.85)"],
    [1.5, "#fff"],
  ]) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.beginPath();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]) {
      context.moveTo(x + 5 * dx, y + 5 * dy);
      context.lineTo(x + 14 * dx, y + 14 * dy);
    }
    context.stroke();
  }
}

function disc(context, { x, y }, radius, style) {
  context.fillStyle = style;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

function circle(context, { x, y }, radius, style, width = 1) {
  context.strokeStyle = style;
  context.lineWidth = width;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}
