// The things: those that are found, and, if asked for, the others. Rows stay, and only what changed in them is changed.

import { newRow } from "./row.js";

/**
 * Shows things in two <ul>; `does` as `newRow` takes it. Gives a function of the state, which gives how many are found, and a function of a
 * name: the row of it gets the focus as soon as it is there.
 */
export function gallery({ found, absent }, does) {
  const rows = new Map();
  let awaited = null; // a name

  function put(row, list, place) {
    if (list.children[place] === row) return;
    // Who types a name there, or is about to press something, is not to be interrupted.
    if (row.parentNode && row.contains(document.activeElement)) return;
    list.insertBefore(row, list.children[place] ?? null);
  }
  function show({ objects, level, camera }) {
    for (const [name, { row }] of rows)
      if (!objects.some((known) => known.name === name)) {
        row.remove();
        rows.delete(name);
      }
    const places = new Map([[found, 0], [absent, 0]]);
    for (const known of objects) {
      if (!rows.has(known.name)) rows.set(known.name, newRow(known.name, does));
      const { row, show: fill } = rows.get(known.name);
      // Without a camera nothing is found, and nothing is missing.
      const list = known.match || camera !== "live" ? found : absent;
      put(row, list, places.get(list));
      places.set(list, places.get(list) + 1);
      fill(known, level);
      if (known.name === awaited && row.checkVisibility()) {
        // Who has gone on to something else is not called back.
        if (document.activeElement === document.body) row.querySelector(".who").focus();
        awaited = null;
      }
    }
    return places.get(found);
  }
  return [show, (name) => (awaited = name)];
}
