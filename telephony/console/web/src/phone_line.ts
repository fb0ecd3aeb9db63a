// The page's telephone line: registration and calls over JsSIP [RFC 7118]. Loaded only by whoever phones in the page.

import { UA, WebSocketInterface } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";
import { Mixer, stop } from "./phone_mixer";

export interface Registration {
  url: string;
  user: string;
  secret: string;
  expires_s: number;
}

export type LineState = "connecting" | "registered" | "refused" | "lost";
export type TalkState = "none" | "ringing" | "outgoing" | "talking";
export type Trouble = "" | "no_permission" | "no_microphone" | "failed" | "not_reached" | "not_connected";
/** Somebody else who is asked while the caller waits under music, or who talks with both of us. */
export type ConsultState = "none" | "calling" | "talking" | "conference";

export interface Ears {
  line(state: LineState): void;
  talk(state: TalkState, trouble: Trouble): void;
  consult(state: ConsultState): void;
  held(held: boolean): void;
  heard(stream: MediaStream): void;
}

const RESTARTS = 5; // of the media's path, for one call
// Asterisk names its own addresses; the page's own are enough where both see one another.
const MEDIA = { iceServers: [] };
const GATHERING_MS = 1_000; // how long is waited for further addresses of this machine

function stateOf(session: RTCSession | null): TalkState {
  if (!session) return "none";
  if (session.isEstablished()) return "talking";
  return session.direction === "incoming" ? "ringing" : "outgoing";
}

export class Line {
  private readonly ua: UA;
  private readonly host: string;
  private session: RTCSession | null = null;
  private asked: RTCSession | null = null; // whom we consult
  private consulting = false; // the next call that we begin is to somebody whom we consult
  private mixer: Mixer | null = null; // of a talk of three
  private left: MediaStream | null = null; // the microphone of a talk of three, once two talk again
  private muted = false; // whoever we talk with
  private readonly streams = new WeakMap<RTCSession, MediaStream>();
  private restarts = 0;

  constructor(
    given: Registration,
    private readonly ears: Ears,
    private readonly sound: () => MediaTrackConstraints,
  ) {
    this.host = new URL(given.url).hostname;
    this.ua = new UA({
      sockets: [new WebSocketInterface(given.url)],
      uri: `sip:${given.user}@${this.host}`,
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

  /** Of all who talk. */
  hangUp(): void {
    this.asked?.terminate();
    this.session?.terminate();
  }

  mute(muted: boolean): void {
    this.muted = muted;
    this.muteAll();
  }

  /** Under Asterisk's music, until taken back [RFC 3264 §8.4]. */
  hold(held: boolean): void {
    if (held) this.session?.hold();
    else this.session?.unhold();
  }

  // -- somebody else ------------------------------------------------------------------------------------------------

  /** Ask somebody (an extension or a number) while the caller waits. */
  consult(extension: string): void {
    if (!this.session?.isEstablished() || this.asked) return;
    if (!this.session.isOnHold().local) this.session.hold();
    this.consulting = true;
    this.call(`sip:${extension}@${this.host}`);
  }

  /** The caller talks with whom we have asked, and we are out of it [RFC 5589 §7, RFC 3891]. */
  connect(): void {
    const [caller, asked] = [this.session, this.asked];
    if (!caller || !asked?.isEstablished()) return;
    const done = (): void => {
      for (const each of [caller, asked]) if (!each.isEnded()) each.terminate();
    };
    const failed = (): void => this.tell("not_connected");
    caller.refer(asked.remote_identity.uri, {
      replaces: asked,
      eventHandlers: { accepted: done, failed, requestFailed: failed },
    });
  }

  /** All three hear one another; the page mixes, and whoever leaves leaves the other two. */
  async conference(): Promise<void> {
    const [caller, asked] = [this.session, this.asked];
    if (!caller || !asked?.isEstablished() || this.mixer) return;
    const microphone = await navigator.mediaDevices.getUserMedia({ audio: this.sound() });
    const legs = [caller, asked].map((each) => each.connection as unknown as RTCPeerConnection);
    this.mixer = await Mixer.of(microphone, legs);
    this.muteAll();
    if (caller.isOnHold().local) caller.unhold();
    this.tell();
  }

  /** Back to the caller alone. */
  leaveConsulted(): void {
    this.asked?.terminate();
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
    return ((this.asked ?? this.session)?.connection as RTCPeerConnection | undefined) ?? null;
  }

  private begun(session: RTCSession): void {
    const asked = this.consulting;
    this.consulting = false;
    if (this.session && !asked) {
      session.terminate({ status_code: 486 });
      return;
    }
    if (asked) this.asked = session;
    else this.session = session;
    this.restarts = 0;
    let trouble: Trouble = "";
    session.on("getusermediafailed", (error: unknown) => {
      trouble = (error as DOMException)?.name === "NotAllowedError" ? "no_permission" : "no_microphone";
    });
    session.on("peerconnection", ({ peerconnection }: { peerconnection: unknown }) =>
      this.listen(session, peerconnection as RTCPeerConnection),
    );
    if (session.connection) this.listen(session, session.connection as unknown as RTCPeerConnection);
    this.shortenGathering(session);
    session.on("confirmed", () => {
      this.muteAll();
      this.tell();
    });
    session.on("hold", () => this.heldChanged(session));
    session.on("unhold", () => this.heldChanged(session));
    session.on("ended", () => this.over(session, trouble));
    session.on("failed", () => this.over(session, trouble || (asked ? "not_reached" : "")));
    this.tell();
  }

  /** Whoever is left talks on; the caller is taken back from hold. */
  private over(session: RTCSession, trouble: Trouble): void {
    if (session === this.session) this.session = this.asked;
    this.asked = null;
    if (this.session && !this.mixer && this.session.isOnHold().local) this.session.unhold();
    void this.unmix();
    this.tell(trouble);
  }

  private async unmix(): Promise<void> {
    const mixer = this.mixer;
    this.mixer = null;
    if (this.session && mixer) {
      this.left = await mixer.alone(this.session.connection as unknown as RTCPeerConnection);
      this.muteAll();
    } else mixer?.close();
    if (this.session) return;
    if (this.left) stop(this.left);
    this.left = null;
    this.muted = false;
  }

  /** In a talk of three the legs carry the mix: only the microphone is muted. */
  private muteAll(): void {
    this.mixer?.mute(this.muted);
    for (const each of [this.session, this.asked]) {
      if (this.muted && !this.mixer) each?.mute({ audio: true });
      else each?.unmute({ audio: true });
    }
  }

  private tell(trouble: Trouble = ""): void {
    this.ears.talk(stateOf(this.session), trouble);
    this.ears.consult(this.consultState());
    this.heardNow();
  }

  private consultState(): ConsultState {
    if (!this.asked) return "none";
    if (this.mixer) return "conference";
    return this.asked.isEstablished() ? "talking" : "calling";
  }

  private heldChanged(session: RTCSession): void {
    if (session === this.session) this.ears.held(session.isOnHold().local);
  }

  private heardNow(): void {
    const active = this.asked ?? this.session;
    const stream = this.mixer?.speaker ?? (active && this.streams.get(active));
    if (stream) this.ears.heard(stream);
  }

  /** Addresses beyond the first second's would only make the caller wait. */
  private shortenGathering(session: RTCSession): void {
    let timer = 0;
    session.on("icecandidate", ({ ready }: { ready: () => void }) => {
      clearTimeout(timer);
      timer = setTimeout(ready, GATHERING_MS / 4);
    });
  }

  private listen(session: RTCSession, media: RTCPeerConnection): void {
    media.addEventListener("track", ({ track, streams }) => {
      this.streams.set(session, streams[0] ?? new MediaStream([track]));
      this.heardNow();
    });
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
