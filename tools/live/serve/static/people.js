// The source faces: one photo a person, chosen or dropped. Knows files and their boxes; nothing of sessions.

import { t } from "./texts.js";

const KINDS = ["image/jpeg", "image/png", "image/webp"];
const box = document.getElementById("people");
const photos = [null]; // by person; null: none chosen
let serverFace = false;
let changed = () => {};
let refused = () => {};

export const chosen = () => photos;

export function words() {
  [...box.children].forEach((label, i) => {
    const name = photos[i] ? "photo_named" : i === 0 && serverFace ? "photo_server" : "photo";
    label.querySelector("span").textContent = t(name, { n: i + 1, name: photos[i]?.name });
  });
}

// How a person is called where faces are mapped.
export const nameOf = (person) => (person ? t("face_n", { n: person }) : t("nobody"));

function take(index, file) {
  if (!file) return;
  if (!KINDS.includes(file.type)) { refused(t("no_photo")); return; }
  photos[index] = file;
  const image = box.children[index].querySelector("img");
  if (image.src) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(file);
  image.hidden = false;
  words();
  changed(index);
}

function wire(label, index) {
  const input = label.querySelector("input");
  input.addEventListener("change", () => take(index, input.files[0]));
  label.addEventListener("dragover", (event) => { event.preventDefault(); label.classList.add("drag"); });
  label.addEventListener("dragleave", () => label.classList.remove("drag"));
  label.addEventListener("drop", (event) => {
    event.preventDefault();
    label.classList.remove("drag");
    take(index, event.dataTransfer.files[0]);
  });
}

export function add() {
  const index = photos.push(null) - 1;
  const label = box.children[0].cloneNode(true);
  const input = label.querySelector("input");
  const image = label.querySelector("img");
  [label.htmlFor, input.id, input.value] = [`photo-${index + 1}`, `photo-${index + 1}`, ""];
  label.querySelector("span").removeAttribute("id");
  image.removeAttribute("id");
  image.removeAttribute("src");
  image.hidden = true;
  box.append(label);
  wire(label, index);
  words();
  input.focus();
}

// onChange: told the index of a person whose photo is new. onRefused: told what is wrong with a file.
export function begin(server, onChange, onRefused) {
  [serverFace, changed, refused] = [server, onChange, onRefused];
  wire(box.children[0], 0);
  words();
}
