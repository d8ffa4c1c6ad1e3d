// Recording what is shown to this device's disk. Off until asked for; whoever publishes is told by the server.

const KINDS = ["video/mp4;codecs=avc1.42E01E,mp4a.40.2", "video/webm;codecs=vp8,opus", "video/webm"];
let recorder = null;

export const recording = () => recorder !== null;

// Raises Error where the browser cannot. ended: called once the file is handed to the browser.
export function start(stream, ended) {
  const kind = window.MediaRecorder ? KINDS.find((one) => MediaRecorder.isTypeSupported(one)) : null;
  if (!kind) throw new Error("none");
  const parts = [];
  recorder = new MediaRecorder(stream, { mimeType: kind });
  recorder.addEventListener("dataavailable", (event) => { if (event.data.size) parts.push(event.data); });
  recorder.addEventListener("stop", () => {
    const link = document.createElement("a");
    const blob = new Blob(parts, { type: kind.split(";")[0] });
    link.href = URL.createObjectURL(blob);
    link.download = `understudy-${new Date().toISOString().slice(0, 19).replace(/[:T]/g, "-")}.${kind.slice(6, 10).replace(";", "")}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    ended(blob.size);
  });
  recorder.start(1000);
}

export function stop() {
  recorder?.stop();
  recorder = null;
}
