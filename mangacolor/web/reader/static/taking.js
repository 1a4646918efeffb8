/**
 * Takes coloured books away: has them made, asks how far they are, and starts the download of each once it is whole.
 * Wishes are kept, so that whoever leaves and comes back finds them going on.
 */

const PAUSE = 1000; // milliseconds between two questions
const BEGUN = { state: "waiting", pages: 0, done: 0, error: "" };

/**
 * @param begin `(path)` has a book made; gives how far it is as the server says it: {state, pages, done, error}
 * @param ask `(path)` gives the same and begins nothing
 * @param start `(path)` starts the download of a book that is whole
 * @param wishes the books that are wished for: `all()` gives their paths by key, `add(key, path)`, and `drop(key)`,
 *     which says whether the wish was there
 */
export function createTaking({ begin, ask, start, wishes, pause = PAUSE }) {
  const known = new Map(); // by key
  const listeners = new Set();
  let clock = 0;

  const isUnderWay = (key) => ["waiting", "making"].includes(known.get(key)?.state);

  function tell(key, said) {
    const isNews = known.get(key)?.state !== said?.state;
    if (said) known.set(key, said);
    else known.delete(key);
    listeners.forEach((listen) => listen(key, said, isNews));
  }

  async function take(key, path) {
    if (isUnderWay(key)) return;
    wishes.add(key, path);
    tell(key, { ...BEGUN, path });
    await look(key, path, begin);
    goOn();
  }

  async function look(key, path, how) {
    const said = { ...(await answer(key, path, how)), path };
    if (said.state === "failed") wishes.drop(key);
    // Another window may have taken it meanwhile.
    if (said.state === "done" && wishes.drop(key)) start(path);
    tell(key, said);
    if (said.state === "done") setTimeout(() => known.get(key) === said && tell(key, null), 8 * pause);
  }

  async function answer(key, path, how) {
    try {
      const said = await how(path);
      return said.state === "none" ? await begin(path) : said; // the server was started anew
    } catch (error) {
      const isFinal = error.status >= 400 && error.status < 500;
      if (isFinal) return { ...BEGUN, state: "failed", error: error.message };
      return { ...BEGUN, ...known.get(key), problem: error.message };
    }
  }

  function goOn() {
    clearTimeout(clock);
    const due = Object.entries(wishes.all());
    for (const [key, { path }] of known) if (isUnderWay(key) && !(key in wishes.all())) due.push([key, path]);
    if (due.length) clock = setTimeout(() => lookAt(due), pause);
  }

  async function lookAt(due) {
    for (const [key, path] of due) await look(key, path, ask);
    goOn();
  }

  return {
    take,
    isUnderWay,
    /** How far a book is: {state, pages, done, error, problem}; nothing for one that nobody wished for. */
    at: (key) => known.get(key),
    /** Go on with what was wished for earlier. */
    resume: () => lookAt(Object.entries(wishes.all())),
    /** Call `(key, said, isNews)` whenever something is known of a book; `isNews` where its state is another one. */
    listen: (listener) => listeners.add(listener),
  };
}

/** What is said to people of how far a book is. */
export function sentence({ state, pages, done, error, problem }) {
  const why = error.trim().replaceAll("\n", " ");
  const now = {
    waiting: "Waiting to be coloured",
    making: `Colouring ${done} of ${pages} pages`,
    done: why ? `The download has begun. Some pages are as they came: ${why}` : "Coloured; the download has begun.",
    failed: `It could not be coloured: ${why}`,
  }[state];
  return problem ? `${now} · ${problem}` : now;
}
