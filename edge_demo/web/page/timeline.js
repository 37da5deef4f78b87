// What was seen lately: a strip of pictures, and each in large.

import { ask } from "./live.js";
import { element, named } from "./row.js";

function clock(time) {
  return new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

function spanned({ since, until }) {
  return until ? `${clock(since)} – ${clock(until)}` : `since ${clock(since)}`;
}

/** Fills a <ol>; `enlarge(sighting, address of its picture, words)` is called when one is pressed. Gives a function of the state. */
export function timeline(section, list, enlarge) {
  let shown = 0; // changes
  let asking = false;

  function item(sighting) {
    const row = element("li", sighting.until ? "" : "now");
    const button = element("button", "");
    button.type = "button";
    const image = element("img", "");
    Object.assign(image, { src: `api/timeline/${sighting.number}`, alt: "", loading: "lazy" });
    button.append(image, named(sighting.name), element("small", "", spanned(sighting)));
    button.onclick = () => enlarge(sighting, image.src, `${sighting.name}, ${Math.round(100 * sighting.score)} %, ${spanned(sighting)}`);
    row.append(button);
    row.dataset.number = sighting.number;
    return row;
  }
  return async ({ timeline: changes }) => {
    if (changes === shown || asking || changes === undefined) return;
    asking = true;
    try {
      const answer = await ask("GET", "api/timeline");
      const focused = document.activeElement?.closest("#sightings li")?.dataset.number;
      list.replaceChildren(...answer.sightings.map(item));
      if (focused) list.querySelector(`[data-number="${focused}"] button`)?.focus({ preventScroll: true });
      section.hidden = !answer.sightings.length;
      shown = answer.changes;
    } catch {
      // The next state asks again.
    }
    asking = false;
  };
}
