// The faces in one's own picture: a button on each, and a menu of who it becomes. Knows boxes, nothing of the server.

import { nameOf } from "./people.js";
import { t } from "./texts.js";

const layer = document.getElementById("faces");
const buttons = new Map(); // by track
let menu = null;
let people = 1;
let picked = () => {};

export function onPick(call) { picked = call; }

export function clear() {
  close();
  layer.replaceChildren();
  buttons.clear();
}

// tracks: as the server tells them. size: of its picture. count: of people. mirrored: the picture is.
export function show(tracks, [width, height], count, mirrored) {
  people = count;
  fit(width, height);
  const seen = new Set(tracks.map((one) => one.id));
  for (const [id, button] of buttons) {
    if (seen.has(id)) continue;
    if (menu?.track === id) close();
    button.remove();
    buttons.delete(id);
  }
  tracks.forEach((track, i) => {
    const [x0, y0, x1, y1] = track.box;
    const button = buttons.get(track.id) || make(track.id);
    const left = mirrored ? width - x1 : x0;
    button.style.left = `${(100 * left) / width}%`;
    button.style.top = `${(100 * y0) / height}%`;
    button.style.width = `${(100 * (x1 - x0)) / width}%`;
    button.style.height = `${(100 * (y1 - y0)) / height}%`;
    const words = nameOf(track.person);
    if (button.firstChild.textContent !== words) button.firstChild.textContent = words;
    button.classList.toggle("bare", !track.person);
    button.setAttribute("aria-label", t("becomes", { face: i + 1, person: words }));
    button.dataset.person = track.person ?? 0;
  });
}

// The layer lies on the picture itself, which may leave bars at the sides or above.
function fit(width, height) {
  const { clientWidth: wide, clientHeight: high } = layer.parentElement;
  const scale = Math.min(wide / width, high / height);
  layer.style.width = `${width * scale}px`;
  layer.style.height = `${height * scale}px`;
  layer.style.left = `${(wide - width * scale) / 2}px`;
  layer.style.top = `${(high - height * scale) / 2}px`;
}

function make(id) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "box";
  button.dataset.track = id;
  button.setAttribute("aria-haspopup", "menu");
  button.append(document.createElement("span"));
  button.addEventListener("click", () => (menu?.track === id ? close() : open(id, button)));
  layer.append(button);
  buttons.set(id, button);
  return button;
}

function open(id, button) {
  close();
  const list = document.createElement("div");
  list.className = "menu";
  list.setAttribute("role", "menu");
  list.setAttribute("aria-label", t("choose"));
  for (const person of [...Array(people).keys()].map((n) => n + 1).concat(0)) {
    const item = document.createElement("button");
    item.type = "button";
    item.dataset.person = person;
    item.setAttribute("role", "menuitemradio");
    item.setAttribute("aria-checked", String(Number(button.dataset.person) === person));
    item.textContent = person ? nameOf(person) : t("leave");
    item.addEventListener("click", () => { close(); button.focus(); picked(id, person); });
    list.append(item);
  }
  list.addEventListener("keydown", (event) => keys(event, list, button));
  layer.parentElement.append(list);
  const [all, at] = [layer.parentElement.getBoundingClientRect(), button.getBoundingClientRect()];
  const [wide, high] = [list.offsetWidth, list.offsetHeight];
  list.style.left = `${Math.max(4, Math.min(at.left - all.left, all.width - wide - 4))}px`;
  list.style.top = `${Math.max(4, Math.min(at.bottom - all.top + 4, all.height - high - 4))}px`;
  menu = { track: id, list };
  button.setAttribute("aria-expanded", "true");
  (list.querySelector('[aria-checked="true"]') || list.firstChild).focus();
}

function close() {
  if (!menu) return;
  buttons.get(menu.track)?.removeAttribute("aria-expanded");
  menu.list.remove();
  menu = null;
}

function keys(event, list, button) {
  const items = [...list.children];
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (next !== undefined) {
    event.preventDefault();
    items[(next + items.length) % items.length].focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    close();
    button.focus();
  }
}

addEventListener("resize", close);
document.addEventListener("pointerdown", (event) => {
  if (menu && !menu.list.contains(event.target) && !event.target.closest?.(".box")) close();
});
