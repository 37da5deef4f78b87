// The camera of the device that the page is on. Browsers lend it to pages that come by https, or from this computer itself.

import { jpegOf } from "./picture.js";

/** Whether the browser would lend it. */
export const lends = Boolean(navigator.mediaDevices?.getUserMedia);

/** Shows in `video` what the camera sees; gives functions that take a picture of it, and end it. */
export function viewfinder(video) {
  let stream = null;

  function end() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = video.srcObject = null;
  }
  return {
    /** Gives [width, height]; throws an Error that says what to do. */
    async begin() {
      const wanted = { video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } } };
      stream = await navigator.mediaDevices.getUserMedia(wanted).catch((error) => {
        throw new Error(error.name === "NotFoundError" ? "This device has no camera. Use a picture." : "The browser does not lend the camera. Allow it, or use a picture.");
      });
      video.srcObject = stream;
      await video.play();
      return [video.videoWidth, video.videoHeight];
    },
    taken: () => jpegOf(video, [video.videoWidth, video.videoHeight]).finally(end),
    end,
  };
}
