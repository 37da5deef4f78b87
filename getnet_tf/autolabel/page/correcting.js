/* Another box for a candidate: dragged over its picture, taken by a corner, or moved by keys. */
const LEAST_PX = 4; // sides of a box, in the picture
const GRIP_PX = 22; // around a corner, on the screen
const STEP = 0.01; // of the picture's longer side, by a key

function within([left, top, right, bottom], { width, height }) {
  const inside = (value, most) => Math.round(10 * Math.min(Math.max(value, 0), most)) / 10;
  return [inside(left, width), inside(top, height), inside(right, width), inside(bottom, height)];
}

function large([left, top, right, bottom]) {
  return Math.min(right - left, bottom - top) >= LEAST_PX;
}

/* The corner across from the one that is near to a place; null: none is. */
function across([left, top, right, bottom], { x, y }, scale) {
  for (const [near, far] of [[[left, top], [right, bottom]], [[right, top], [left, bottom]], [[left, bottom], [right, top]], [[right, bottom], [left, top]]])
    if (Math.hypot(x - near[0], y - near[1]) * scale < GRIP_PX) return { x: far[0], y: far[1] };
  return null;
}

/* Lets a box be dragged on the drawing of a card's whole picture; `done(box)` hears of it. */
function draggable(svg, card, done) {
  let anchor = null;
  let box = null;
  const preview = shape("rect", { class: "box" });

  function place(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  }
  function end(event, kept) {
    if (anchor === null) return;
    anchor = null;
    preview.remove();
    svg.classList.remove("dragged");
    if (kept && box !== null && large(box)) done(box);
  }
  svg.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    box = null;
    anchor = across(boxOf(card), place(event), svg.getScreenCTM().a) ?? place(event);
  });
  svg.addEventListener("pointermove", (event) => {
    if (anchor === null) return;
    const { x, y } = place(event);
    box = within([Math.min(anchor.x, x), Math.min(anchor.y, y), Math.max(anchor.x, x), Math.max(anchor.y, y)], pictures[card.picture]);
    const [left, top, right, bottom] = box;
    for (const [name, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top })) preview.setAttribute(name, value);
    svg.append(preview);
    svg.classList.add("dragged");
  });
  svg.addEventListener("pointerup", (event) => end(event, true));
  svg.addEventListener("pointercancel", (event) => end(event, false));
}

/* The box after a step to [x, y] of its lower right corner, or else its upper left one; null where it would be too small. */
function stepped(card, [x, y], lowerRight) {
  const picture = pictures[card.picture];
  const step = STEP * Math.max(picture.width, picture.height);
  const moved = boxOf(card).map((edge, place) => (place < 2) === lowerRight ? edge : edge + step * (place % 2 ? y : x));
  const box = within(moved, picture);
  return large(box) ? box : null;
}
