// The viewers' address of this page's stream, and its QR code. The code is drawn by the server this page came from.

import { t } from "./texts.js";

const $ = (id) => document.getElementById(id);
let drawn = "";

const address = (key) => {
  const url = new URL(`view/${key}`, location.href);
  const token = $("view-token").value.trim();
  if (token) url.searchParams.set("token", token);
  return url.href;
};

async function draw(headers) {
  const text = $("link").value;
  if (!$("share").open || text === drawn) return;
  const response = await fetch("api/qr", { method: "POST", headers, body: text }).catch(() => null);
  $("qr").hidden = !response?.ok;
  if (!response?.ok) return;
  drawn = text;
  if ($("qr").src) URL.revokeObjectURL($("qr").src);
  $("qr").src = URL.createObjectURL(await response.blob());
  $("qr").alt = t("qr");
}

export function begin(key, headers, say) {
  const renew = () => { $("link").value = address(key()); draw(headers()); };
  $("share").addEventListener("toggle", renew);
  $("view-token").addEventListener("change", renew);
  $("link").addEventListener("focus", () => $("link").select());
  $("copy").addEventListener("click", async () => {
    try { await navigator.clipboard.writeText($("link").value); } catch { $("link").select(); document.execCommand("copy"); }
    say(t("copied"));
  });
  renew();
  return renew;
}
