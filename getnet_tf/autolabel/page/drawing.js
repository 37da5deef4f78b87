/* Pictures with boxes, as SVG in the picture's own pixels. */
function shape(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/* A picture, or an area of it, in the picture's own pixels, with boxes. */
function drawing([left, top, right, bottom], uri, boxes, words) {
  const area = { x: left, y: top, width: right - left, height: bottom - top };
  const named = words ? { role: "img", "aria-label": words } : { "aria-hidden": "true" };
  const made = shape("svg", { viewBox: `${left} ${top} ${area.width} ${area.height}`, ...named });
  if (uri !== null) made.append(shape("image", { ...area, href: uri, preserveAspectRatio: "none" }));
  for (const { box_px: [xmin, ymin, xmax, ymax], quiet } of boxes) {
    const place = { x: xmin, y: ymin, width: xmax - xmin, height: ymax - ymin };
    // Light on dark, so that it is seen on every picture.
    if (!quiet) made.append(shape("rect", { ...place, class: "around" }));
    made.append(shape("rect", { ...place, class: quiet ? "other" : "box" }));
  }
  return made;
}

function whole(card, boxes, words) {
  const picture = pictures[card.picture];
  return drawing([0, 0, picture.width, picture.height], picture.uri, boxes, words);
}

function line(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}
