/**
 * Sends steps, undos and redos one after the other, in the order in which they were made. Where the server does not
 * answer they wait and are kept in the browser, also while the studio is closed; none is lost and none is done twice.
 */

import * as api from "./api.js";
import { recall, remember } from "./memory.js";
import {
  answered,
  canRedo,
  canUndo,
  currentPage,
  enqueue,
  forgetTurns,
  history,
  rebase,
  refreshProject,
  sending,
  stall,
  takeUp,
} from "./state.js";

const STALE = "The page has changed elsewhere. It is shown as it is now; nothing was undone or redone.";
const TRY_AGAIN_MS = [1000, 2000, 5000, 10000];

/**
 * @param store the state
 * @param onAnswer told (answer, command) of each step that the server has done
 * @param onReload told the number of a page that has changed in ways no answer told of
 * @param tell shows a message
 * @param announce says something to who hears the page
 */
export function createCommands({ store, onAnswer, onReload, tell, announce }) {
  let isSending = false;
  let tries = 0;
  let timer = 0;

  store.watch(
    (state) => state.queue,
    (queue) => {
      const { project } = store.state;
      if (project) remember(`unsent.${project.id}`, queue.length ? queue : null);
    },
  );

  function push(command) {
    const before = store.state.queue.length;
    store.set(enqueue, { page: store.state.current, ...command });
    if (store.state.queue.length > before) pump();
  }

  /** Undo or redo, and say what came of it: a button that does nothing more tells nobody who does not see it. */
  function turn(kind) {
    if (!currentPage(store.state)) return;
    const isUndo = kind === "undo";
    if (!(isUndo ? canUndo : canRedo)(store.state)) {
      announce(isUndo ? "There is nothing to undo." : "There is nothing to redo.");
      return;
    }
    push({ kind });
    const { steps, undone } = history(store.state, store.state.current);
    announce(isUndo ? `Undone. ${left(steps, "undo")}` : `Redone. ${left(undone, "redo")}`);
  }

  async function pump() {
    clearTimeout(timer);
    if (isSending) return;
    isSending = true;
    try {
      while (store.state.queue.length && (await sendFirst()));
    } finally {
      isSending = false;
    }
  }

  /** Send the first command; returns whether to go on with what is first then. */
  async function sendFirst() {
    const wasTried = store.state.queue[0].sentAt !== null;
    store.set(sending);
    const { project, queue } = store.state;
    const [command] = queue;
    const isElsewhere = () => store.state.project?.id !== project.id; // another project has been opened meanwhile
    try {
      const answer = await post(project.id, command);
      tries = 0;
      if (isElsewhere()) return true;
      await onAnswer(answer, command);
      if (!isElsewhere()) store.set(answered, answer.page);
      return true;
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      if (isElsewhere()) return true;
      if (error.isPassing) return wait(error);
      if (error.status === 409) return catchUp(project.id, command, wasTried, error);
      return giveUp(error);
    }
  }

  function wait(error) {
    store.set(stall, error.message);
    timer = setTimeout(pump, TRY_AGAIN_MS[Math.min(tries++, TRY_AGAIN_MS.length - 1)]);
    return false;
  }

  /** The page has moved on: by this very step, whose answer was lost, or by another window or the series. */
  async function catchUp(id, command, wasTried, refused) {
    let project;
    try {
      project = await api.openProject(id);
    } catch (error) {
      return wait(error);
    }
    if (store.state.project?.id !== id) return true;
    const isDone = wasTried && project.pages[command.page].revision === command.sentAt + 1;
    const isTurn = command.kind !== "step";
    const isStale = project.pages[command.page].revision !== command.sentAt;
    if (!isDone && (command.isRebased || (isTurn && !isStale))) return giveUp(refused);
    store.set(isDone ? answered : isTurn ? forgetTurns : rebase);
    store.set(refreshProject, project);
    if (isTurn && !isDone) tell(STALE, { isError: true });
    onReload(command.page);
    return true;
  }

  function giveUp(error) {
    store.set(answered);
    tell(`That step could not be done. ${error.message}`, { isError: true });
    return true;
  }

  return {
    step: (step) => push({ kind: "step", step }),
    undo: () => turn("undo"),
    redo: () => turn("redo"),
    /** Send what waits, now. */
    retry: pump,
    /** Take up what an earlier visit left unsent, see `unsent`. */
    resume(commands) {
      store.set(takeUp, commands);
      pump();
    },
  };
}

/** What an earlier visit to a project left unsent; read before the project is opened, when that is forgotten. */
export function unsent(id) {
  return recall(`unsent.${id}`, []);
}

function left(count, what) {
  return `${count === 1 ? "1 step" : `${count || "No"} steps`} left to ${what}.`;
}

function post(id, { kind, page, step, sentAt }) {
  if (kind === "undo") return api.undo(id, page, sentAt);
  if (kind === "redo") return api.redo(id, page, sentAt);
  return api.step(id, page, { ...step, revision: sentAt });
}
