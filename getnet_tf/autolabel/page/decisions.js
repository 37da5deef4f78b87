/* What was decided: kept by the browser, and given away as a file. */
"use strict";

const { kind, version, run, total, pictures, cards } = JSON.parse(document.getElementById("data").textContent);
// Two copies of a page, in two places, do not share decisions.
const STORE = `${kind}:${run}:${location.pathname}`;

let changes = recalled(); // Map of a candidate's key -> true, false, or null: taken back

cards.forEach((card, place) => {
  card.place = place;
  card.path = pictures[card.picture].path;
  card.key = JSON.stringify([card.path, card.name, card.box_px]);
});

function recalled() {
  try {
    return new Map(JSON.parse(localStorage.getItem(STORE) ?? "[]"));
  } catch {
    return new Map(); // a browser that keeps nothing, or something else under our name
  }
}

/* Whether the browser keeps them. */
function keep() {
  try {
    localStorage.setItem(STORE, JSON.stringify([...changes]));
    return true;
  } catch {
    return false;
  }
}

function decisionOf(card) {
  return changes.has(card.key) ? changes.get(card.key) : card.accepted;
}

function change(card, accepted) {
  // What the labels have taken over already is no change.
  if (accepted === card.accepted) changes.delete(card.key);
  else changes.set(card.key, accepted);
}

function download() {
  const decisions = [...changes].map(([key, accepted]) => {
    const [path, name, box_px] = JSON.parse(key);
    return { path, name, box_px, accepted };
  });
  const text = JSON.stringify({ kind, version, run, decisions }, null, 1);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = "decisions.json";
  link.click();
  URL.revokeObjectURL(link.href);
}
