/** The palette of the series: who is in it, and in which colours. Saved ones are followed by the pages that come. */

import { createSwatch } from "./colors.js";
import { h, iconButton, renew } from "./dom.js";
import { pickColor } from "./state.js";

const PARTS = ["hair", "skin", "eyes", "jacket", "shirt", "skirt", "trousers", "dress", "ribbon", "bag"];
const NEW = "\n"; // no series is called so

export function createPalette({ store, actions }) {
  const series = h("select", { "aria-label": "Series", on: { change: () => choose(series.value) } });
  const list = h("div", { class: "characters" });
  const names = h("datalist", { id: "character-names" });
  const parts = h("datalist", { id: "part-names" });
  const character = h("input", {
    type: "text",
    list: "character-names",
    placeholder: "Rin",
    autocomplete: "off",
    required: true,
    maxLength: 60,
  });
  const part = h("input", {
    type: "text",
    list: "part-names",
    placeholder: "hair",
    autocomplete: "off",
    required: true,
    maxLength: 60,
  });
  const swatch = h("span", { class: "swatch-color" });
  const from = h("span", { class: "hint" });
  const save = h("button", { type: "submit", class: "button" }, "Save");
  const form = h(
    "form",
    { class: "save-form", "aria-label": "Save a colour to a character", on: { submit } },
    h("div", { class: "save-what" }, swatch, from),
    h("label", {}, "Character", character),
    h("label", {}, "Part", part),
    save,
    names,
    parts,
  );

  async function submit(event) {
    event.preventDefault();
    const { selection } = store.state;
    if (!selection) return;
    save.disabled = true;
    await actions.saveToSeries({ ...selection, character: character.value.trim(), part: part.value.trim() });
    save.disabled = !store.state.selection;
  }

  function choose(value) {
    show(store.state.project); // until the server has agreed, what is chosen is what was
    if (value === NEW) actions.newSeries();
    else if (value) actions.chooseSeries(value);
  }

  function show(project) {
    const known = project?.series?.name ?? "";
    const all = [...new Set([...(store.state.seriesNames ?? []), known])].filter(Boolean);
    series.replaceChildren(
      ...(known ? [] : [h("option", { value: "" }, "No series yet")]),
      ...all.map((name) => h("option", { value: name }, name)),
      h("option", { value: NEW }, "New series …"),
    );
    series.value = known;
    const characters = Object.entries(project?.series?.characters ?? {}).filter(([, of]) => Object.keys(of).length);
    const text =
      "No colours saved yet. Fill a character's hair or clothes, then save the colour here: later pages follow it.";
    const shown = characters.map(([name, of]) => showCharacter(name, of));
    renew(list, shown.length ? shown : [h("p", { class: "hint" }, text)], series);
    names.replaceChildren(...characters.map(([name]) => h("option", { value: name })));
    const knownParts = characters.flatMap(([, of]) => Object.keys(of));
    parts.replaceChildren(...[...new Set([...PARTS, ...knownParts])].map((name) => h("option", { value: name })));
  }

  function showCharacter(name, of) {
    return h(
      "div",
      { class: "character", role: "group", "aria-label": name },
      h("h3", {}, name),
      h(
        "ul",
        {},
        Object.entries(of).map(([partName, color]) => showPart(name, partName, color)),
      ),
    );
  }

  function showPart(name, partName, color) {
    const pick = createSwatch(store, color, `${name}, ${partName}`, {
      text: partName,
      onPick: () => {
        [character.value, part.value] = [name, partName];
      },
    });
    return h(
      "li",
      {},
      pick,
      iconButton("close", `Take ${partName} of ${name} out`, () => actions.forgetColor(name, partName), {
        class: "button button-icon button-small",
      }),
    );
  }

  store.watch(
    (state) => [state.project?.series, state.seriesNames],
    () => show(store.state.project),
  );
  store.watch(
    (state) => state.selection,
    (selection) => {
      save.disabled = !selection;
      swatch.style.setProperty("--color", selection?.color ?? "transparent");
      from.textContent = selection
        ? `${selection.color}, from page ${selection.page + 1}`
        : "Fill or pick a place on the page first.";
    },
  );
  return {
    element: h(
      "section",
      { class: "panel", "aria-labelledby": "palette-title" },
      h("div", { class: "panel-head" }, h("h2", { id: "palette-title" }, "Palette"), series),
      list,
      h("h3", {}, "Save a colour"),
      form,
    ),
    /** Bring the form to whoever wants to save the colour. */
    focus() {
      const { selection, color } = store.state;
      if (selection && selection.color !== color) store.set(pickColor, selection.color);
      (character.value ? part : character).focus();
    },
  };
}
