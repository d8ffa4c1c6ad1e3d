// WHIP and WHEP from the browser's side: one POST, one answer, one DELETE.

async function exchange(connection, url, headers) {
  await connection.setLocalDescription(await connection.createOffer());
  await gathered(connection);
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/sdp" },
    body: connection.localDescription.sdp,
  });
  if (response.status !== 201) throw new Error(await reason(response));
  await connection.setRemoteDescription({ type: "answer", sdp: await response.text() });
  return response.headers.get("Location");
}

function gathered(connection) {
  if (connection.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((done) => {
    const timer = setTimeout(done, 1500);
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState === "complete") { clearTimeout(timer); done(); }
    });
  });
}

export async function reason(response) {
  try { return (await response.json()).detail; } catch { return `HTTP ${response.status}`; }
}

export async function publish(stream, url, headers, ice) {
  const connection = new RTCPeerConnection({ iceServers: ice });
  for (const track of stream.getTracks()) {
    const sender = connection.addTransceiver(track, { direction: "sendonly", streams: [stream] });
    if (track.kind === "video") preferH264(sender);
  }
  const place = await exchange(connection, url, headers);
  return { connection, place };
}

export async function play(video, url, headers, ice) {
  const connection = new RTCPeerConnection({ iceServers: ice });
  const stream = new MediaStream();
  connection.addEventListener("track", (event) => {
    if ("jitterBufferTarget" in event.receiver) event.receiver.jitterBufferTarget = 0;
    stream.addTrack(event.track);
    video.srcObject = stream;
  });
  preferH264(connection.addTransceiver("video", { direction: "recvonly" }));
  connection.addTransceiver("audio", { direction: "recvonly" });
  const place = await exchange(connection, url, headers);
  return { connection, place };
}

// What a connection measures, in seconds since it began: of the video that is sent, and of the video that comes.
export async function sent(connection) {
  const found = { frames: 0, encoding: 0, trip: 0 };
  for (const one of (await connection.getStats()).values()) {
    if (one.type === "outbound-rtp" && one.kind === "video") {
      found.frames = one.framesEncoded || 0;
      found.encoding = one.totalEncodeTime || 0;
    }
    if (one.type === "candidate-pair" && one.nominated) found.trip = one.currentRoundTripTime || 0;
  }
  return found;
}

export async function received(connection) {
  const found = { shown: 0, waiting: 0, trip: 0 };
  for (const one of (await connection.getStats()).values()) {
    if (one.type === "inbound-rtp" && one.kind === "video") {
      found.shown = one.framesDecoded || 0;
      found.waiting = one.totalProcessingDelay || (one.jitterBufferDelay || 0) + (one.totalDecodeTime || 0);
    }
    if (one.type === "candidate-pair" && one.nominated) found.trip = one.currentRoundTripTime || 0;
  }
  return found;
}

export function leave(link, headers) {
  if (!link) return;
  fetch(link.place, { method: "DELETE", headers, keepalive: true }).catch(() => {});
  link.connection.close();
}

function preferH264(transceiver) {
  const found = RTCRtpReceiver.getCapabilities("video");
  if (!found || !transceiver.setCodecPreferences) return;
  const rank = (codec) => (codec.mimeType === "video/H264" ? 0 : 1);
  transceiver.setCodecPreferences([...found.codecs].sort((a, b) => rank(a) - rank(b)));
}
