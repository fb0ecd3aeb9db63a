// The page's telephone line: registration and calls over JsSIP [RFC 7118]. Loaded only by whoever phones in the page.

import { UA, WebSocketInterface } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";

export interface Registration {
  url: string;
  user: string;
  secret: string;
  expires_s: number;
}

export type LineState = "connecting" | "registered" | "refused" | "lost";
export type TalkState = "none" | "ringing" | "outgoing" | "talking";
export type Trouble = "" | "no_permission" | "no_microphone" | "failed";

export interface Ears {
  line(state: LineState): void;
  talk(state: TalkState, trouble: Trouble): void;
  heard(stream: MediaStream): void;
}

const RESTARTS = 5; // of the media's path, for one call
// Asterisk names its own addresses; the page's own are enough where both see one another.
const MEDIA = { iceServers: [] };
const GATHERING_MS = 1_000; // how long is waited for further addresses of this machine

export class Line {
  private readonly ua: UA;
  private session: RTCSession | null = null;
  private restarts = 0;

  constructor(
    given: Registration,
    private readonly ears: Ears,
    private readonly sound: () => MediaTrackConstraints,
  ) {
    const host = new URL(given.url).hostname;
    this.ua = new UA({
      sockets: [new WebSocketInterface(given.url)],
      uri: `sip:${given.user}@${host}`,
      authorization_user: given.user,
      password: given.secret,
      register: true,
      register_expires: given.expires_s,
      session_timers: false,
      user_agent: "hotline",
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 5,
    });
    this.ua.on("registered", () => ears.line("registered"));
    this.ua.on("registrationFailed", () => ears.line("refused"));
    this.ua.on("disconnected", () => ears.line("lost"));
    this.ua.on("connecting", () => ears.line("connecting"));
    this.ua.on("newRTCSession", (told: { session: RTCSession }) => this.begun(told.session));
    this.ua.start();
  }

  /** Another password, after the server has given one. */
  renew(secret: string): void {
    this.ua.set("password", secret);
    this.ua.registrator().setExtraHeaders([]);
    if (this.ua.isConnected()) this.ua.register();
  }

  stop(): void {
    this.ua.stop();
  }

  answer(): void {
    this.session?.answer({ mediaConstraints: { audio: this.sound(), video: false }, pcConfig: MEDIA });
  }

  call(number: string): void {
    this.ua.call(number, { mediaConstraints: { audio: this.sound(), video: false }, pcConfig: MEDIA });
  }

  hangUp(): void {
    this.session?.terminate();
  }

  mute(muted: boolean): void {
    if (muted) this.session?.mute({ audio: true });
    else this.session?.unmute({ audio: true });
  }

  /** As telephone-events in the media [RFC 4733]. */
  key(key: string): void {
    const sender = this.media()?.getSenders().find((each) => each.dtmf);
    sender?.dtmf?.insertDTMF(key, 120, 70);
  }

  async microphone(sound: MediaTrackConstraints): Promise<void> {
    const sender = this.media()?.getSenders()[0];
    if (!sender) return;
    const stream = await navigator.mediaDevices.getUserMedia({ audio: sound });
    const track = stream.getAudioTracks()[0] ?? null;
    if (track) track.enabled = sender.track?.enabled ?? true;
    sender.track?.stop();
    await sender.replaceTrack(track);
  }

  media(): RTCPeerConnection | null {
    return (this.session?.connection as RTCPeerConnection | undefined) ?? null;
  }

  private begun(session: RTCSession): void {
    if (this.session) {
      session.terminate({ status_code: 486 });
      return;
    }
    this.session = session;
    this.restarts = 0;
    let trouble: Trouble = "";
    const over = (): void => {
      this.session = null;
      this.ears.talk("none", trouble);
    };
    session.on("getusermediafailed", (error: unknown) => {
      trouble = (error as DOMException)?.name === "NotAllowedError" ? "no_permission" : "no_microphone";
    });
    session.on("peerconnection", ({ peerconnection }: { peerconnection: unknown }) =>
      this.listen(peerconnection as RTCPeerConnection),
    );
    if (session.connection) this.listen(session.connection as unknown as RTCPeerConnection);
    this.shortenGathering(session);
    session.on("confirmed", () => this.ears.talk("talking", ""));
    session.on("ended", over);
    session.on("failed", over);
    this.ears.talk(session.direction === "incoming" ? "ringing" : "outgoing", "");
  }

  /** Addresses beyond the first second's would only make the caller wait. */
  private shortenGathering(session: RTCSession): void {
    let timer = 0;
    session.on("icecandidate", ({ ready }: { ready: () => void }) => {
      clearTimeout(timer);
      timer = setTimeout(ready, GATHERING_MS / 4);
    });
  }

  private listen(media: RTCPeerConnection): void {
    media.addEventListener("track", ({ track, streams }) => this.ears.heard(streams[0] ?? new MediaStream([track])));
    media.addEventListener("connectionstatechange", () => {
      if (media.connectionState === "failed") this.restart();
    });
  }

  /** Another way for the media after a change of network [RFC 8445 §2.4]. */
  private restart(): void {
    if (!this.session || this.restarts >= RESTARTS) return;
    this.restarts += 1;
    this.session.renegotiate({ rtcOfferConstraints: { iceRestart: true } });
  }

  networkChanged(): void {
    if (this.session?.isEstablished()) this.restart();
  }
}
