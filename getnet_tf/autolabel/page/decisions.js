/* What was decided: kept by the browser, and given away as a file. */
"use strict";

const { kind, version, run, total, references, pictures, cards } = JSON.parse(document.getElementById("data").textContent);
// Two copies of a page, in two places, do not share decisions.
const STORE = `${kind}:${run}:${location.pathname}`;

let changes = recalled(); // Map of a candidate's key -> decision, or null: taken back

cards.forEach((card, place) => {
  card.place = place;
  card.path = pictures[card.picture].path;
  card.key = JSON.stringify([card.path, card.name, card.box_px]);
});

/* As the file of decisions has it. */
function decision(accepted, like = false, called = null, corrected_px = null) {
  return { accepted, like, called, corrected_px };
}

function recalled() {
  try {
    const kept = JSON.parse(localStorage.getItem(STORE) ?? "[]");
    // An earlier page kept true and false.
    return new Map(kept.map(([key, value]) => [key, typeof value === "boolean" ? decision(value) : value]));
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
  return changes.has(card.key) ? changes.get(card.key) : card.decision;
}

function nameOf(card) {
  return decisionOf(card)?.called ?? card.name;
}

function boxOf(card) {
  return decisionOf(card)?.corrected_px ?? card.box_px;
}

function change(card, made) {
  // What the labels have taken over already is no change.
  if (JSON.stringify(made) === JSON.stringify(card.decision)) changes.delete(card.key);
  else changes.set(card.key, made);
}

function download() {
  const decisions = [...changes].map(([key, made]) => {
    const [path, name, box_px] = JSON.parse(key);
    return { path, name, box_px, ...(made ?? decision(null)) };
  });
  const text = JSON.stringify({ kind, version, run, decisions }, null, 1);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = "decisions.json";
  link.click();
  URL.revokeObjectURL(link.href);
}
