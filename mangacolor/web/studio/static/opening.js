/** Files that are dropped, chosen or pasted: what is a book, what a page, and what belongs together. */

import { zip } from "./zip.js";

const PICTURE = /\.(png|jpe?g|webp|avif|bmp|tiff?|jxl|gif)$/i;
const BOOK = /\.(cbz|zip|pdf|epub|cbt|cbr|cb7)$/i;

/** What the file dialog offers. */
export const ACCEPTED = "image/*,.cbz,.zip,.pdf,.epub,.cbt,.cbr,.cb7,.jxl";

const inOrder = new Intl.Collator("en", { numeric: true }).compare;

/**
 * Books and chapters that files make: each book is one, all loose pictures together are one.
 *
 * @param files [{path, file}]
 * @returns [{name, files}]: one file, or the pictures of a chapter in their order
 */
export function asBooks(files) {
  const books = files.filter(({ path }) => BOOK.test(path)).map((one) => ({ name: nameOf(one.path), files: [one] }));
  const pictures = files.filter(
    ({ path, file }) => PICTURE.test(path) || (file.type.startsWith("image/") && !BOOK.test(path)),
  );
  if (pictures.length === 1) books.push({ name: nameOf(pictures[0].path), files: pictures });
  else if (pictures.length) {
    pictures.sort((a, b) => inOrder(a.path, b.path));
    const [folder, ...rest] = pictures[0].path.split("/");
    books.push({
      name: `${rest.length ? folder : `${folder.replace(PICTURE, "")} and ${pictures.length - 1} more`}.cbz`,
      files: pictures,
    });
  }
  return books;
}

/** The bytes of a book as one file to send. */
export async function packed({ files }) {
  if (files.length === 1) return files[0].file;
  const read = await Promise.all(
    files.map(async ({ path, file }) => ({ name: path, bytes: new Uint8Array(await file.arrayBuffer()) })),
  );
  return new Blob(zip(read), { type: "application/zip" });
}

/** The files of a drop, those in folders too, as [{path, file}]. */
export async function dropped({ items, files }) {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...files].map((file) => ({ path: file.name, file }));
  return (await Promise.all(entries.map(filesOf))).flat();
}

export function chosen(files) {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

async function filesOf(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const reader = entry.createReader();
  const inside = [];
  for (;;) {
    // A folder is told in parts, the last of them empty.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    inside.push(...some);
  }
  return (await Promise.all(inside.map(filesOf))).flat();
}

function nameOf(path) {
  return path.split("/").at(-1);
}
