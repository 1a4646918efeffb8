/** The server's routes as functions. Addresses are relative to this file's, so that a token in the path stays in it. */

const ROOT = new URL("../api/v1/studio/", import.meta.url);

/** The server said no, or nothing. `status` is 0 where there was no answer at all. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  /** Whether the same request may go through later. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Ask the server; `read` gives what is wanted of its answer. A line that is cut in the middle of one gives none. */
async function ask(path, read, options = {}) {
  let answer, said;
  try {
    answer = await fetch(new URL(path, ROOT), options);
    said = await (answer.ok ? read(answer) : answer.text());
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "The server does not answer.");
  }
  if (!answer.ok) throw refusal(answer.status, said);
  return said;
}

function refusal(status, text) {
  let said = text.trim();
  try {
    const { error, advice, detail } = JSON.parse(text);
    const words = error?.message ?? error ?? detail ?? "";
    said = [words, error?.advice ?? advice].filter(Boolean).join(" ").replaceAll("\n", " ");
  } catch {
    // Not JSON: plain text is said as it is.
  }
  return new ApiError(status, said.slice(0, 400) || `The server answered ${status}.`);
}

async function json(path, method = "GET", body = undefined) {
  const options = { method };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { "Content-Type": "application/json" };
  }
  return ask(path, (answer) => (answer.status === 204 ? null : answer.json()), options);
}

const query = (words) => new URLSearchParams(words).toString();
const part = encodeURIComponent;
const project = (id) => `projects/${part(id)}`;
const page = (id, number) => `${project(id)}/pages/${number}`;

export const projects = () => json("projects");
export const openProject = (id) => json(project(id));
export const deleteProject = (id) => json(project(id), "DELETE");

/** Send a picture or a book; `onProgress` is told the share that has gone. */
export function upload(name, blob, onProgress = () => {}) {
  return send(new URL(`projects?${query({ name })}`, ROOT), blob, onProgress);
}

export function addReference(id, name, blob) {
  return send(new URL(`${project(id)}/references?${query({ name })}`, ROOT), blob, () => {});
}

export const deleteReference = (id, name) => json(`${project(id)}/references/${part(name)}`, "DELETE");
export const referenceAddress = (id, name) => new URL(`${project(id)}/references/${part(name)}`, ROOT).href;

export const step = (id, number, body) => json(`${page(id, number)}/steps`, "POST", body);
export const undo = (id, number, revision) => json(`${page(id, number)}/undo`, "POST", { revision });
export const redo = (id, number, revision) => json(`${page(id, number)}/redo`, "POST", { revision });
export const setState = (id, number, state) => json(`${page(id, number)}/state`, "PUT", { state });

export const seriesNames = () => json("series");
export const chooseSeries = (id, name) => json(`${project(id)}/series`, "PUT", { name });
export const saveColor = (id, entry) => json(`${project(id)}/series`, "POST", entry);
export const forgetColor = (id, character, of) =>
  json(`${project(id)}/series?${query({ character, part: of })}`, "DELETE");

export const startBatch = (id, body = undefined) => json(`${project(id)}/batch`, "POST", body ?? {});
export const stopBatch = (id) => json(`${project(id)}/batch`, "DELETE");

/** Where a small picture of a page is; `version` is another one whenever the page looks otherwise. */
export const thumbAddress = (id, number, version) =>
  new URL(`${page(id, number)}/thumb?${query({ version })}`, ROOT).href;

const picture = (path, signal) => ask(path, (answer) => answer.blob(), { signal });
export const source = (id, number, signal) => picture(`${page(id, number)}/source`, signal);
export const areas = (id, number, signal) => picture(`${page(id, number)}/areas`, signal);
export const colored = (id, number, revision, signal) =>
  picture(`${page(id, number)}/colored?${query({ revision })}`, signal);

/** Fetch a page or, with number null, the whole book: {name, blob}. */
export function exported(id, number, format, signal) {
  const path = `${number === null ? project(id) : page(id, number)}/export?${query({ format })}`;
  const read = async (answer) => ({
    name: fileName(answer.headers.get("content-disposition")),
    blob: await answer.blob(),
  });
  return ask(path, read, { signal });
}

/**
 * Listen to what happens to a project: `hear(event)`. Returns what ends it. {type: "again"} says that the line was cut
 * for a while, and something may have been missed.
 */
export function listen(id, hear) {
  const events = new EventSource(new URL(`${project(id)}/events`, ROOT));
  let isFirst = true;
  events.addEventListener("open", () => {
    if (!isFirst) hear({ type: "again" });
    isFirst = false;
  });
  events.addEventListener("message", (event) => hear(JSON.parse(event.data)));
  return () => events.close();
}

function send(address, blob, onProgress) {
  // fetch does not tell how far an upload is.
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.open("POST", address);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
    request.addEventListener("error", () => reject(new ApiError(0, "The server does not answer.")));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText));
      else reject(refusal(request.status, request.responseText));
    });
    request.send(blob);
  });
}

/** The file name of a Content-Disposition header; that of RFC 5987 (`filename*`) goes first. */
export function fileName(header) {
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(header ?? "");
  if (extended) return decodeURIComponent(extended[1]);
  return /filename="?([^";]+)"?/i.exec(header ?? "")?.[1] ?? "coloured";
}
