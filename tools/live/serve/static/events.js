// Server-sent events by fetch: EventSource sends no token. Knows their format, nothing of what they tell.

// Calls with (kind, data) for each event, until the stream ends. Raises TypeError where it breaks.
export async function listen(url, headers, signal, call) {
  const response = await fetch(url, { headers, signal });
  if (!response.ok) throw new TypeError(`${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const whole = text.split("\n\n");
    text = whole.pop();
    for (const one of whole) {
      const kind = /^event: (.*)$/m.exec(one)?.[1];
      if (kind) call(kind, JSON.parse(/^data: (.*)$/m.exec(one)[1]));
    }
  }
}
