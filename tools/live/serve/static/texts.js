// Every text of the page, from texts.json, in the language that was chosen here or that the browser prefers.

import { keep, recall } from "./memory.js";

const all = await (await fetch("texts.json")).json();
const prefers = [recall("language"), ...navigator.languages.map((one) => one.split("-")[0]), "en"];
let language = prefers.find((one) => all[one]) || "en";

export const languages = Object.entries(all).map(([code, texts]) => [code, texts.name || code]);
export const current = () => language;

export function t(name, values = {}) {
  const text = all[language][name] ?? all.en[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

export const known = (name) => name in all.en;

// Fills every element that names its text: data-t its content, data-label what a screen reader says.
export function fill() {
  document.documentElement.lang = language;
  document.title = t("title");
  for (const one of document.querySelectorAll("[data-t]")) one.textContent = t(one.dataset.t);
  for (const one of document.querySelectorAll("[data-label]")) one.setAttribute("aria-label", t(one.dataset.label));
}

export function choose(code) {
  language = all[code] ? code : language;
  keep("language", language);
  fill();
}
