// Pictures as the server takes them.

const SIDE_PX = 1920;

/** What is drawn from a bitmap or a video of [width, height] pixels: a JPEG, at most `SIDE_PX` wide and high. */
export function jpegOf(source, [width, height]) {
  const scale = Math.min(1, SIDE_PX / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
}

/** A picture file, made upright. */
export async function prepared(file) {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name}: the browser can't read this as a picture. Choose another.`);
  });
  return jpegOf(bitmap, [bitmap.width, bitmap.height]);
}
