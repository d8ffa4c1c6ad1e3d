// The bare viewer: plays one stream and comes back by itself when it, or the server, was away. Shows nothing meanwhile.

import { leave, play, received } from "./whip.js";

const video = document.getElementById("view");
const where = new URL(location.href);
const key = where.pathname.split("/").pop();
const token = where.searchParams.get("token") || new URLSearchParams(where.hash.slice(1)).get("token");
const headers = token ? { Authorization: `Bearer ${token}` } : {};
const STALLED = 3000; // milliseconds without a new picture after which the connection is made anew
const AGAIN = 1000; // milliseconds between two tries

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
let link = null;

async function servers() {
  try { return (await (await fetch("../api/settings")).json()).ice; } catch { return []; }
}

async function shown() {
  try { await video.play(); } catch { video.muted = true; await video.play().catch(() => {}); } // no sound unasked
  video.hidden = false;
}

async function watch() {
  link = await play(video, `../whep/${key}`, headers, await servers());
  document.documentElement.dataset.state = "connected";
  let last = 0;
  let when = performance.now();
  while (performance.now() - when < STALLED) {
    await sleep(250);
    if (["failed", "closed"].includes(link.connection.connectionState)) return;
    const { shown: count } = await received(link.connection);
    if (count > last) {
      if (video.hidden) await shown();
      [last, when] = [count, performance.now()];
      document.documentElement.dataset.state = "playing";
    }
  }
}

async function always() {
  for (;;) {
    try { await watch(); } catch { /* nobody publishes, or the server is away: tried again */ }
    document.documentElement.dataset.state = "waiting";
    video.hidden = true;
    leave(link, headers);
    link = null;
    video.srcObject = null;
    await sleep(AGAIN);
  }
}

addEventListener("pagehide", () => leave(link, headers));
always();
