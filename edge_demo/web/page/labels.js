// Names and scores over the live picture, in the browser's own letters: the program's have neither every script nor emoji.

import { element, named } from "./row.js";

const INSET_PX = 5; // from a box's upper edge to a label inside
const MOST = 3; // labels at one box; without a guide all things share the picture's one box, which they would cover

function overlap([left0, top0, right0, bottom0], [left1, top1, right1, bottom1]) {
  return left0 < right1 && left1 < right0 && top0 < bottom1 && top1 < bottom0;
}

/** Where a label goes: above its box, or if it would cover another one or leave the picture, inside, or below it. */
function placed([xmin, ymin, , ymax], [width, height], [frameWidth, frameHeight], taken) {
  const left = Math.max(0, Math.min(xmin, frameWidth - width));
  const tops = [ymin - height, Math.max(ymin, 0) + INSET_PX, ymax].filter((top) => top >= 0 && top <= frameHeight - height);
  const places = tops.map((top) => [left, top, left + width, top + height]);
  return places.find((place) => !taken.some((other) => overlap(place, other))) ?? places[0] ?? [left, 0, left + width, height];
}

function round(points) {
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/* The places of what is found, and, if asked for, of the likeliest that is not: [thing, score, box], the surest first. */
function seen({ objects, candidates, outlines }) {
  const shown = objects.filter((known) => known.box_px && (known.match || candidates));
  const all = shown.flatMap((known) => [
    [known, known.match ? known.score : known.kind_score, outlines && known.outline_px ? round(known.outline_px) : known.box_px],
    ...(known.others ?? []).map((other) => [known, other.score, other.box_px]),
  ]);
  all.sort(([one, score0], [other, score1]) => other.match - one.match || score1 - score0);
  const [at, boxes] = [new Map(), new Set(shown.filter(({ match }) => match).map(({ box_px }) => `${box_px}`))];
  return all.filter(([known, , box]) => {
    const count = at.get(`${box}`) ?? 0;
    at.set(`${box}`, count + 1);
    return known.match ? count < MOST : count === 0 && !boxes.has(`${box}`);
  });
}

/** Gives a function of the state that writes labels into `layer`, which lies over the picture. */
export function labels(layer) {
  return (state) => {
    if (!state.frame_wh) return;
    const scale = layer.clientWidth / state.frame_wh[0];
    const frame = [layer.clientWidth, layer.clientHeight];
    const made = seen(state).map(([known, score, box]) => {
      const label = element("span", known.match ? "match" : known.like ? "like" : "absent");
      label.style.setProperty("--color", known.color);
      label.append(named(known.name), `${known.like ? `${known.verdict} ` : ""}${Math.round(100 * score)} %`);
      return [label, box.map((edge) => edge * scale)];
    });
    layer.replaceChildren(...made.map(([label]) => label));
    const sizes = made.map(([label]) => [label.offsetWidth, label.offsetHeight]);
    const taken = [];
    made.forEach(([label, box], number) => {
      const place = placed(box, sizes[number], frame, taken);
      taken.push(place);
      label.style.transform = `translate(${Math.round(place[0])}px, ${Math.round(place[1])}px)`;
    });
  };
}
