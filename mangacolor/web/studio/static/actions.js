/** What buttons, keys and drops set going: each asks the server, changes the state, and says what went wrong. */

import * as api from "./api.js";
import { askName, confirm, showExport } from "./dialogs.js";
import { asBooks, packed } from "./opening.js";
import { currentPage, nextToReview, refreshProject, replacePage, showPage } from "./state.js";

const MOST_NAMED = 5; // of files in one message

export function createActions({ store, commands, announce, tell }) {
  const id = () => store.state.project?.id;

  /** Run something that talks to the server; returns what it gives, or undefined when that went wrong. */
  async function attempt(run) {
    try {
      return await run();
    } catch (error) {
      // What the server, a ZIP that is too large, and files that cannot be read any more say is for people.
      if (![api.ApiError, RangeError, DOMException].some((kind) => error instanceof kind)) throw error;
      tell(error.message, { isError: true });
      return undefined;
    }
  }

  async function refresh(run) {
    const project = await attempt(run);
    if (project) store.set(refreshProject, project);
    return project;
  }

  async function listProjects() {
    const projects = await attempt(api.projects);
    if (projects) store.set((state) => ({ ...state, projects }));
  }

  async function listSeries() {
    const found = await attempt(api.seriesNames);
    if (found) store.set((state) => ({ ...state, seriesNames: found.map(({ name }) => name) }));
  }

  const pages = {
    /** Ask again what the project is at. */
    refresh: () => id() && refresh(() => api.openProject(id())),
    /** Decide on the page and go to the next one; said again, the decision is taken back. */
    async decide(decision) {
      const page = currentPage(store.state);
      if (!page) return;
      const isBack = page.state === decision;
      const next = isBack ? (page.steps ? "corrected" : "new") : decision;
      const told = await attempt(() => api.setState(id(), page.number, next));
      if (!told) return;
      store.set(replacePage, told);
      const number = nextToReview(store.state);
      if (isBack) announce("Decision taken back");
      else if (number !== null) {
        announce(`Page ${page.number + 1} ${decision}`);
        if (store.state.current === page.number) store.set(showPage, number);
      } else tell("Every page is decided on.", { action: { label: "Export", run: actions.export } });
    },
    again: () =>
      currentPage(store.state) && attempt(() => api.startBatch(id(), { pages: [store.state.current], again: true })),
    async startBatch() {
      const answer = await attempt(() => api.startBatch(id()));
      if (answer?.waiting === 0) tell("Every page has its colour.");
    },
    stopBatch: () => attempt(() => api.stopBatch(id())),
    /** Take all hints and locks of the page away. */
    reset: () => commands.step({ kind: "reset" }),
    export() {
      if (!currentPage(store.state)) return;
      showExport(
        { page: store.state.current, pages: store.state.project.pages.length },
        async (number, format, signal) => {
          const file = await attempt(() => api.exported(id(), number, format, signal).catch(brokenOff));
          if (!file) return false;
          download(file);
          tell(`${file.name} is ready.`);
          return true;
        },
      );
    },
  };

  const series = {
    async saveToSeries({ character, part, color, page, x, y }) {
      const before = uncoloured();
      const project = await refresh(() => api.saveColor(id(), { character, part, color, page, x, y }));
      if (!project) return;
      store.set((state) => ({ ...state, sheet: null }));
      tell(`Saved: ${part} of ${character}. Pages that come follow it.`);
      tellUncoloured(before);
      listSeries();
    },
    async forgetColor(character, part) {
      const text = "Its colour and every place that shows it are deleted from the series, whoever follows it.";
      if (!(await confirm(`Take ${part} of ${character} out?`, text, "Take out"))) return;
      const before = uncoloured();
      if (await refresh(() => api.forgetColor(id(), character, part))) tellUncoloured(before);
    },
    async chooseSeries(name) {
      const before = uncoloured();
      if (await refresh(() => api.chooseSeries(id(), name))) tellUncoloured(before);
    },
    async newSeries() {
      const name = await askName("New series", "Name of the series", "Make it");
      if (name && (await refresh(() => api.chooseSeries(id(), name)))) listSeries();
    },
    follow: (name) => commands.step({ kind: "reference", name }),
    async addReferences(files) {
      for (const file of files) await refresh(() => api.addReference(id(), file.name, file));
    },
    async removeReference(name) {
      await refresh(() => api.deleteReference(id(), name));
    },
  };

  const uncoloured = () => store.state.project.pages.filter((one) => !one.colored && !one.problem).length;

  /** Say how many pages have lost their colours to another palette; `before` had none before that. */
  function tellUncoloured(before) {
    const lost = uncoloured() - before;
    if (lost <= 0) return;
    const words = lost === 1 ? "1 page is to be coloured anew" : `${lost} pages are to be coloured anew`;
    tell(`${words} by this palette; they are when they are opened, too.`, {
      action: { label: "Colour them now", run: pages.startBatch },
    });
  }

  const view = {
    showBefore: (before) => store.set((state) => (state.before === before ? state : { ...state, before })),
    toggleCompare: () => store.set((state) => ({ ...state, comparing: !state.comparing })),
    toggleMarks: () => store.set((state) => ({ ...state, marks: !state.marks })),
    toggleSheet: (sheet) => store.set((state) => ({ ...state, sheet: state.sheet === sheet ? null : sheet })),
  };

  const books = {
    listProjects,
    listSeries,
    /** Send what was chosen or dropped; `showProgress(name, share)` tells how far it is. Gives the project, if one. */
    async openFiles(files, showProgress) {
      const empty = files.filter(({ file }) => !file.size);
      if (empty.length) tell(`${listed(empty.map(({ path }) => path))}: empty, and left out.`, { isError: true });
      const found = asBooks(files.filter(({ file }) => file.size));
      if (!found.length && !empty.length) tell("There is no page and no book among these files.", { isError: true });
      let last;
      for (const book of found) {
        showProgress(book.name, 0);
        const project = await attempt(async () =>
          api.upload(book.name, await packed(book), (share) => showProgress(book.name, share)),
        );
        showProgress(book.name, null);
        if (project) tellLeftOut(project.pages);
        last = project ?? last;
      }
      return found.length === 1 ? last : (await listProjects(), undefined);
    },
    async deleteProject({ id: of, name }) {
      const text = "Its pages, corrections and exports on the server are deleted. The series keeps its colours.";
      if (!(await confirm(`Delete ${name}?`, text, "Delete"))) return;
      await attempt(() => api.deleteProject(of));
      await listProjects();
    },
  };

  /** Name the pages that cannot be read; the others are there. */
  function tellLeftOut(all) {
    const problems = all.filter((page) => page.problem);
    if (problems.length === 1) tell(`Left out: ${problems[0].problem.replaceAll("\n", " ")}`, { isError: true });
    else if (problems.length)
      tell(`Left out, as they cannot be read: ${listed(problems.map(({ name }) => name))}.`, { isError: true });
  }

  const actions = { ...pages, ...series, ...view, ...books };
  return actions;
}

/** Nothing where an export was cancelled; else what helps. */
function brokenOff(error) {
  if (error.name === "AbortError") return null;
  if (error.status !== 0) throw error;
  throw new api.ApiError(
    0,
    "The export broke off. See whether the server runs, and try again: coloured pages stay so.",
  );
}

function listed(names) {
  const more = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function download({ name, blob }) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
