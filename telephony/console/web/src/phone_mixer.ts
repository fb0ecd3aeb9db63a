// A talk of three, mixed here: each hears the microphone and the other one; the speaker plays both.

const remote = (leg: RTCPeerConnection): MediaStream =>
  new MediaStream(leg.getReceivers().flatMap(({ track }) => (track.kind === "audio" ? [track] : [])));

export class Mixer {
  private constructor(
    private readonly context: AudioContext,
    private readonly microphone: MediaStream,
    readonly speaker: MediaStream,
  ) {}

  /** Each leg sends the mix from now on. The microphone is the mixer's own: a leg that ends takes its own away. */
  static async of(microphone: MediaStream, legs: readonly RTCPeerConnection[]): Promise<Mixer> {
    const context = new AudioContext();
    const speaker = context.createMediaStreamDestination();
    const own = context.createMediaStreamSource(microphone);
    const heard = legs.map((leg) => context.createMediaStreamSource(played(remote(leg))));
    for (const source of heard) source.connect(speaker);
    await Promise.all(
      legs.map(async (leg, at) => {
        const mix = context.createMediaStreamDestination();
        own.connect(mix);
        heard.forEach((source, from) => from !== at && source.connect(mix));
        await leg.getSenders()[0]?.replaceTrack(mix.stream.getAudioTracks()[0] ?? null);
      }),
    );
    await context.resume();
    return new Mixer(context, microphone, speaker.stream);
  }

  mute(muted: boolean): void {
    for (const track of this.microphone.getTracks()) track.enabled = !muted;
  }

  /** One is left: the end of the mix, and the microphone itself from now on, which the caller has to stop. */
  async alone(leg: RTCPeerConnection): Promise<MediaStream> {
    await leg.getSenders()[0]?.replaceTrack(this.microphone.getAudioTracks()[0] ?? null);
    await this.context.close();
    return this.microphone;
  }

  close(): void {
    stop(this.microphone);
    void this.context.close();
  }
}

export function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** Chromium feeds nothing of a remote stream into a graph unless an element plays it. */
function played(stream: MediaStream): MediaStream {
  const element = new Audio();
  element.muted = true;
  element.srcObject = stream;
  void element.play();
  return stream;
}
