/** Holds the state; everybody who shows something of it is told when that changes. */

export function createStore(state) {
  const watchers = new Set();

  return {
    get state() {
      return state;
    },

    /** Go to the next state: `change(state, ...rest)` gives it. */
    set(change, ...rest) {
      const next = change(state, ...rest);
      if (next === state) return;
      state = next;
      for (const watcher of [...watchers]) watcher();
    },

    /** Call `run(value)` now and whenever what `select(state)` gives is another; lists are compared by their items. */
    watch(select, run) {
      let known = select(state);
      const watcher = () => {
        const value = select(state);
        if (isSame(known, value)) return;
        known = value;
        run(value);
      };
      watchers.add(watcher);
      run(known);
      return () => watchers.delete(watcher);
    },
  };
}

function isSame(a, b) {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, i) => Object.is(one, b[i]));
  return Object.is(a, b);
}
