// The page: choose faces and a camera, start, change things while it runs. What is sent where is in whip.js.

import { listen } from "./events.js";
import * as faces from "./faces.js";
import { keep, recall } from "./memory.js";
import * as people from "./people.js";
import * as recorder from "./record.js";
import * as share from "./share.js";
import { choose, current, fill, known, languages, t } from "./texts.js";
import { leave, play, publish, reason, received, sent } from "./whip.js";

const $ = (id) => document.getElementById(id);
const facts = await (await fetch("api/settings")).json();
const AGAIN = 1500; // milliseconds between two tries to connect again
const TRIES = 40;
const SLIDE = 150; // milliseconds between two changes while the slider moves
let run = null;
let camera = null; // the stream of the preview or of the session
let key = recall("key") || fresh();
let told = []; // the last words said: a text's name and its values, so that they follow the language

const headers = () => ($("token").value ? { Authorization: `Bearer ${$("token").value}` } : {});
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function fresh() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

function say(words, bad = false) {
  $("state").textContent = words;
  $("state").classList.toggle("bad", bad);
}

function sayText(name, values = {}, bad = false) {
  told = [name, values, bad];
  say(t(name, values), bad);
}

function ready() {
  const photos = people.chosen();
  const agreed = $("consent").checked;
  $("go").disabled = !run && !(photos[0] ? agreed : facts.face && (agreed || photos.every((one) => !one)));
  $("go").textContent = t(run ? "stop" : "start");
  $("add").disabled = photos.some((one, i) => !one && !(i === 0 && facts.face));
}

// ---- the camera

async function cameras() {
  if (!navigator.mediaDevices) { sayText("no_camera_here", {}, true); return; }
  const kept = $("camera").value || recall("camera");
  const found = (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.kind === "videoinput");
  const named = found.map((d, i) => new Option(d.label || t("camera_n", { n: i + 1 }), d.deviceId));
  $("camera").replaceChildren(...(named.length ? named : [new Option(t("default_camera"), "")]));
  if (found.some((d) => d.deviceId === kept)) $("camera").value = kept;
}

const TROUBLE = { NotAllowedError: "camera_denied", NotFoundError: "no_camera", OverconstrainedError: "no_camera", NotReadableError: "camera_busy" };

async function openCamera() {
  if (!navigator.mediaDevices) throw new Error(t("no_camera_here"));
  const wanted = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
  if ($("camera").value) wanted.deviceId = { exact: $("camera").value };
  try {
    camera = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: $("mic").checked });
  } catch (error) {
    throw new Error(TROUBLE[error.name] ? t(TROUBLE[error.name]) : error.message);
  }
  $("you").srcObject = camera;
  $("look").hidden = true;
  cameras();
  return camera;
}

function closeCamera() {
  camera?.getTracks().forEach((track) => track.stop());
  camera = $("you").srcObject = null;
  $("look").hidden = false;
}

async function preview() {
  try { await openCamera(); } catch (error) { say(error.message, true); }
}

// ---- a session

async function room() {
  const photo = people.chosen()[0];
  if (!photo) return { name: key, whip: `whip/${key}`, whep: `whep/${key}`, notes: [] };
  const ask = () => fetch(`api/rooms?consent=true&key=${key}`, { method: "POST", headers: { ...headers(), "Content-Type": photo.type }, body: photo });
  let response = await ask();
  if (response.status === 409) { // another page of this device uses the key
    key = fresh();
    response = await ask();
  }
  if (response.status !== 201) throw new Error(await reason(response));
  return response.json();
}

async function begin() {
  const mine = run = { up: null, down: null, room: null, before: null, stats: null, told: 0, last: null, quiet: new AbortController(), sliding: 0 };
  ready();
  sayText("opening");
  if (camera && $("mic").checked !== camera.getAudioTracks().length > 0) closeCamera();
  const stream = camera || await openCamera();
  await connect(mine, stream);
  $("label").textContent = facts.label;
  $("bar").hidden = $("hint").hidden = false;
  swapped($("swap").getAttribute("aria-pressed") === "true");
  document.body.classList.add("running");
}

async function connect(mine, stream) {
  sayText(people.chosen()[0] ? "reading" : "connecting");
  mine.room = await room();
  sayText("connecting");
  mine.up = await publish(stream, mine.room.whip, headers(), facts.ice);
  if (run !== mine) { leave(mine.up, headers()); return; }
  mine.down = await play($("result"), mine.room.whep, headers(), facts.ice);
  if (run !== mine) { leave(mine.down, headers()); return; }
  mine.down.connection.addEventListener("connectionstatechange", () => {
    if (mine.down?.connection.connectionState === "failed") lost(mine);
  });
  for (const [i, photo] of people.chosen().entries()) if (i > 0 && photo) await bring(i);
  await settle();
  follow(mine);
  renew();
  if (mine.room.notes.length) say(mine.room.notes.join(" ")); else sayText("live");
}

// What was set before, or is left from before a break.
async function settle() {
  const change = {};
  if ($("swap").getAttribute("aria-pressed") === "false") change.strength = 0;
  else if (Number($("strength").value) < 100) change.strength = Number($("strength").value) / 100;
  if (Object.keys(change).length) await steer(change);
}

async function follow(mine) {
  const address = `api/rooms/${mine.room.name}/events`;
  try {
    await listen(address, headers(), mine.quiet.signal, (kind, data) => {
      if (run !== mine) return;
      if (kind === "end") mine.why = data.why || "";
      else figures(mine, data);
    });
  } catch { /* broken: as if it had ended for no reason */ }
  if (run !== mine || mine.quiet.signal.aborted) return;
  if (mine.why && mine.why !== "the server ends") stop("ended", { why: mine.why }, true);
  else lost(mine);
}

async function lost(mine) {
  if (run !== mine || mine.losing) return;
  mine.losing = true;
  sayText("lost", {}, true);
  const stream = camera;
  for (let i = 0; i < TRIES && run === mine; i++) {
    part(mine);
    await sleep(AGAIN);
    if (run !== mine) return;
    try {
      mine.quiet = new AbortController();
      await connect(mine, stream);
      mine.losing = false;
      return;
    } catch { if (run === mine) sayText("lost", {}, true); }
  }
  if (run === mine) stop("given_up", {}, true);
}

function part(mine) {
  mine.quiet.abort();
  leave(mine.down, headers());
  leave(mine.up, headers());
  mine.up = mine.down = mine.before = mine.stats = mine.why = null;
  faces.clear();
}

function stop(name = "stopped", values = {}, bad = false) {
  end();
  sayText(name, values, bad);
}

function end() {
  if (!run) return;
  const mine = run;
  run = null;
  if (recorder.recording()) record();
  part(mine);
  closeCamera();
  $("result").srcObject = null;
  document.body.classList.remove("running");
  for (const id of ["label", "bar", "hint", "rec"]) $(id).hidden = true;
  ready();
}

// ---- changing it while it runs

async function steer(change) {
  if (!run?.room) return null;
  const address = `api/rooms/${run.room.name}`;
  const sent = { method: "PATCH", headers: { ...headers(), "Content-Type": "application/json" }, body: JSON.stringify(change) };
  return answer(await fetch(address, sent).catch(() => null));
}

// A photo becomes person number index, from 0, of the running session.
async function bring(index) {
  const photo = people.chosen()[index];
  const address = `api/rooms/${run.room.name}?consent=true&person=${index + 1}`;
  const response = await fetch(address, { method: "PATCH", headers: { ...headers(), "Content-Type": photo.type }, body: photo }).catch(() => null);
  return answer(response);
}

async function answer(response) {
  if (!response) { sayText("no_server", {}, true); return null; }
  if (!response.ok) { say(await reason(response), true); return null; }
  const now = await response.json();
  if (run) { run.last = now; overlay(now); }
  return now;
}

const pending = new Set(); // people whose new photo waits for the tick

async function agreed() {
  ready();
  if (!run || !$("consent").checked) return;
  for (const index of [...pending].sort()) {
    pending.delete(index);
    if (await bring(index)) sayText("face_changed", { n: index + 1 });
  }
}

function photoChosen(index) {
  $("consent").checked = false; // what was ticked was said of the photos before
  if (run) { pending.add(index); sayText("tick"); }
  ready();
}

async function pick(track, person) {
  const now = run?.last;
  if (!now) return;
  const map = now.tracks.filter((one) => one.id !== track && one.person).map((one) => `${one.person}=track:${one.id}`);
  const rest = now.settings.map.filter((one) => !one.includes("=track:"));
  await steer({ map: [...map, `${person}=track:${track}`, ...(rest.length ? rest : [`1=${now.settings.who || "largest"}`])] });
}

function swapped(on) {
  $("swap").setAttribute("aria-pressed", String(on));
  $("stage").classList.toggle("off", !on);
  $("label").hidden = !on || !facts.label; // what is burnt into the picture stays
}

async function toggleSwap() {
  const on = $("swap").getAttribute("aria-pressed") === "false";
  swapped(on);
  if (!await steer({ strength: on ? Number($("strength").value) / 100 : 0 })) { swapped(!on); return; }
  if (on) sayText("live"); else sayText("swap_off", {}, true);
}

function slide() {
  $("strength-now").textContent = `${$("strength").value} %`;
  if (!run || run.sliding) return;
  run.sliding = setTimeout(() => {
    if (!run) return;
    run.sliding = 0;
    if ($("swap").getAttribute("aria-pressed") === "true") steer({ strength: Number($("strength").value) / 100 });
  }, SLIDE);
}

function mirror(on) {
  $("mirror").setAttribute("aria-pressed", String(on));
  $("you").classList.toggle("mirrored", on);
  keep("mirror", on ? "yes" : "no");
  if (run?.last) overlay(run.last);
}

function record() {
  if (recorder.recording()) {
    recorder.stop();
  } else {
    try { recorder.start($("result").srcObject, () => sayText("recording_saved")); } catch { sayText("no_recorder", {}, true); return; }
  }
  $("record").setAttribute("aria-pressed", String(recorder.recording()));
  tell(recorder.recording());
}

// The server says to whoever publishes that a viewer records.
function tell(on) {
  if (!run?.down) return;
  const body = JSON.stringify({ viewer: run.down.place.split("/").pop(), on });
  fetch(`api/rooms/${run.room.name}/recording`, { method: "POST", headers: { ...headers(), "Content-Type": "application/json" }, body }).catch(() => {});
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if ($("stage").requestFullscreen) $("stage").requestFullscreen();
  else $("result").webkitEnterFullscreen?.();
}

// ---- what the server tells

function overlay(now) {
  if (now.tracks && now.picture[0]) faces.show(now.tracks, now.picture, now.settings.people, $("you").classList.contains("mirrored"));
}

function recorded(count) {
  const own = recorder.recording();
  const others = count - (own ? 1 : 0);
  const words = [own ? t("recording_self") : "", others === 1 ? t("recording_one") : others > 1 ? t("recording_others", { n: others }) : ""];
  $("rec").textContent = words.filter(Boolean).join(" · ");
  $("rec").hidden = !own && others < 1;
}

async function figures(mine, now) {
  mine.last = now;
  if (!now.live) return;
  overlay(now);
  recorded(now.recording);
  $("f-drops").textContent = `${now.shed + now.held}`;
  $("f-viewers").textContent = `${now.viewers}`;
  $("f-route").textContent = now.faces ? t(`route_${now.route}`) : t("no_face");
  $("f-route").dataset.value = now.faces ? now.route : "";
  $("f-rung").textContent = known(`rung_${now.rung}`) ? t(`rung_${now.rung}`) : now.rung;
  $("f-rung").dataset.value = now.rung;
  const before = mine.before;
  if (before && now.clock - before.clock < 1) return;
  mine.before = now;
  if (!before || !mine.down) return;
  $("f-fps").textContent = ((now.left - before.left) / (now.clock - before.clock)).toFixed(0);
  const whole = await glass(mine, now.delay_ms);
  if (run !== mine) return;
  const [inside, ms] = [now.delay_ms.toFixed(0), whole?.toFixed(0)];
  $("f-delay").textContent = whole === null ? t("here", { ms: inside }) : `${ms} ms`;
  $("f-delay").title = t("inside", { ms: inside });
  if (whole !== null && mine.told++ % 5 === 0) report(whole); // a token may only ask so often
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

// ---- wiring

function translate() {
  fill();
  people.words();
  ready();
  if (told.length) sayText(...told);
  cameras().catch(() => {});
}

$("language").replaceChildren(...languages.map(([code, name]) => new Option(name, code)));
$("language").value = current();
$("language").addEventListener("change", () => { choose($("language").value); translate(); });
people.begin(facts.face, photoChosen, (words) => say(words, true));
faces.onPick(pick);
$("add").addEventListener("click", () => { people.add(); ready(); });
$("consent").addEventListener("change", agreed);
$("look").addEventListener("click", preview);
$("camera").addEventListener("change", () => {
  keep("camera", $("camera").value);
  if (camera && !run) { closeCamera(); preview(); }
});
$("go").addEventListener("click", async () => {
  if (run) { stop(); return; }
  try { await begin(); } catch (error) { end(); say(error.message || String(error), true); }
});
for (const [id, call] of [["swap", toggleSwap], ["mirror", () => mirror($("mirror").getAttribute("aria-pressed") === "false")], ["record", record], ["full", fullScreen]]) {
  $(id).addEventListener("click", call);
}
$("strength").addEventListener("input", slide);
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=range]):not([type=checkbox]), select, textarea");
  if (!run || typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const button = document.querySelector(`[aria-keyshortcuts="${CSS.escape(event.key.toLowerCase())}"]`);
  if (button) { event.preventDefault(); button.click(); }
});
for (const video of [$("you"), $("result")]) {
  video.addEventListener("resize", () => { // a phone held upright films upright
    if (video.videoWidth) video.parentElement.style.aspectRatio = `${video.videoWidth} / ${video.videoHeight}`;
  });
}
addEventListener("pagehide", () => stop());
addEventListener("resize", () => { if (run?.last) overlay(run.last); });
$("token-row").hidden = $("view-token-row").hidden = !facts.token;
mirror(recall("mirror", "yes") === "yes");
keep("key", key);
const renew = share.begin(() => key, headers, (words) => say(words));
sayText("ready");
translate();
document.documentElement.dataset.ready = "yes"; // for those who drive the page by program
