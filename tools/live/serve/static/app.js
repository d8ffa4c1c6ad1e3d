// The page: choose a face and a camera, start, watch. What is sent where is in whip.js.

import { leave, play, publish, reason, received, sent } from "./whip.js";

const $ = (id) => document.getElementById(id);
const facts = await (await fetch("api/settings")).json();
let photo = null;
let run = null;

const headers = () => ($("token").value ? { Authorization: `Bearer ${$("token").value}` } : {});

function say(words, bad = false) {
  $("state").textContent = words;
  $("state").classList.toggle("bad", bad);
}

function ready() {
  $("go").disabled = !run && !((photo && $("consent").checked) || (!photo && facts.face));
}

async function cameras() {
  if (!navigator.mediaDevices) {
    say("This browser gives the camera only to https pages and to localhost.", true);
    return;
  }
  const kept = $("camera").value;
  const found = (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.kind === "videoinput");
  $("camera").replaceChildren(...found.map((d, i) => new Option(d.label || `Camera ${i + 1}`, d.deviceId)));
  if (found.some((d) => d.deviceId === kept)) $("camera").value = kept;
}

async function begin() {
  run = { tracks: [], up: null, down: null, room: null, timer: 0, before: null, stats: null, told: 0 };
  $("go").textContent = "Stop";
  say("Opening the camera ...");
  const wanted = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
  if ($("camera").value) wanted.deviceId = { exact: $("camera").value };
  const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: $("mic").checked });
  run.tracks = stream.getTracks();
  $("you").srcObject = stream;
  cameras();
  if (photo) {
    say("Reading the face ...");
    const response = await fetch("api/rooms?consent=true", { method: "POST", headers: { ...headers(), "Content-Type": photo.type }, body: photo });
    if (response.status !== 201) throw new Error(await reason(response));
    run.room = await response.json();
  } else {
    const name = [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, "0")).join("");
    run.room = { name, whip: `whip/${name}`, whep: `whep/${name}`, notes: [] };
  }
  say("Connecting ...");
  run.up = await publish(stream, run.room.whip, headers(), facts.ice);
  run.down = await play($("result"), run.room.whep, headers(), facts.ice);
  run.down.connection.addEventListener("connectionstatechange", () => {
    if (run && run.down && run.down.connection.connectionState === "failed") stop("The connection was lost.", true);
  });
  $("label").textContent = facts.label;
  $("label").hidden = !facts.label;
  $("full").hidden = false;
  run.timer = setInterval(figures, 1000);
  say(run.room.notes.length ? run.room.notes.join(" ") : "Live.");
}

async function figures() {
  const mine = run;
  const response = await fetch(`api/rooms/${mine.room.name}`, { headers: headers() }).catch(() => null);
  if (!response || !response.ok) return;
  const now = await response.json();
  if (run !== mine) return; // stopped while the answer was on its way
  const before = run.before;
  run.before = now;
  if (!now.live || !before || !before.live) return;
  const span = now.clock - before.clock;
  const whole = await glass(mine, now.delay_ms);
  if (run !== mine) return;
  $("f-delay").textContent = whole === null ? `${now.delay_ms.toFixed(0)} ms here` : `${whole.toFixed(0)} ms`;
  $("f-delay").title = `${now.delay_ms.toFixed(0)} ms of it in the swap`;
  if (whole !== null && run.told++ % 5 === 0) report(whole); // a token may only ask so often
  $("f-fps").textContent = ((now.left - before.left) / span).toFixed(0);
  $("f-drops").textContent = `${now.shed + now.held}`;
  $("f-route").textContent = now.faces ? now.route : "no face";
  $("f-rung").textContent = now.rung;
}

// Camera to screen: what the browser measures on both of its ends, and the server between them.
async function glass(at, inside) {
  const [up, down] = [await sent(at.up.connection), await received(at.down.connection)];
  const was = at.stats;
  at.stats = { up, down };
  if (!was || down.shown <= was.down.shown || up.frames <= was.up.frames) return null;
  const encoding = (up.encoding - was.up.encoding) / (up.frames - was.up.frames);
  const waiting = (down.waiting - was.down.waiting) / (down.shown - was.down.shown);
  return 1000 * (encoding + waiting + (up.trip + down.trip) / 2) + inside;
}

function report(ms) {
  const body = JSON.stringify({ ms });
  fetch(`api/rooms/${run.room.name}/glass`, { method: "POST", headers: { ...headers(), "Content-Type": "application/json" }, body })
    .catch(() => {});
}

function stop(words = "Stopped.", bad = false) {
  if (!run) return;
  clearInterval(run.timer);
  run.tracks.forEach((track) => track.stop());
  leave(run.down, headers());
  leave(run.up, headers());
  run = null;
  $("you").srcObject = $("result").srcObject = null;
  $("label").hidden = $("full").hidden = true;
  $("go").textContent = "Start";
  say(words, bad);
  ready();
}

$("photo").addEventListener("change", () => {
  if (run && run.room) stop("Stopped: another photo was chosen.");
  $("consent").checked = false; // what was ticked was said of the photo before
  photo = $("photo").files[0] || null;
  if ($("preview").src) URL.revokeObjectURL($("preview").src);
  $("preview").hidden = !photo;
  if (photo) $("preview").src = URL.createObjectURL(photo);
  $("photo-words").textContent = photo ? photo.name : "Source face: choose a photo";
  ready();
});
$("consent").addEventListener("change", ready);
$("go").addEventListener("click", async () => {
  if (run) { stop(); return; }
  try { await begin(); } catch (error) { stop(error.message || String(error), true); }
});
$("full").addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else if ($("stage").requestFullscreen) $("stage").requestFullscreen();
  else $("result").webkitEnterFullscreen?.();
});
for (const video of [$("you"), $("result")]) {
  video.addEventListener("resize", () => { // a phone held upright films upright
    if (video.videoWidth) video.parentElement.style.aspectRatio = `${video.videoWidth} / ${video.videoHeight}`;
  });
}
addEventListener("pagehide", () => stop());
$("token-row").hidden = !facts.token;
if (facts.face) $("photo-words").textContent = "Source face: the server's, or choose a photo";
cameras().catch(() => {});
ready();
document.documentElement.dataset.ready = "yes"; // for those who drive the page by program
