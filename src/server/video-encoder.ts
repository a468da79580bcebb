/** The port through which moving pictures become H.264: node/ffmpeg-encoder.ts, or whatever a program brings. */

/** One picture to encode. */
export interface VideoFrame {
  /** From the first pixel on: blue, green, red and a byte that says nothing, for each. Valid during the call. */
  readonly bytes: Uint8Array;
  /** Bytes from a row to the next. */
  readonly stride: number;
}

/** One picture, encoded. */
export interface VideoPacket {
  /** H.264 in annex B, one slice: noVNC takes each slice for a picture. */
  readonly data: Uint8Array;
  /** A film can begin with it. */
  readonly keyframe: boolean;
}

/** Of one film. The caller pushes no more than a few frames ahead of the packets. */
export interface VideoEncoder {
  /** Gives exactly one packet, without waiting for a later frame; packets come in the order of their frames. */
  readonly push: (frame: VideoFrame) => void;
  /** Nothing more comes of it. Idempotent. */
  readonly close: () => void;
}

/** A film that begins, and where its packets go. */
export interface VideoEncoderOptions {
  /** Even. */
  readonly width: number;
  /** Even. */
  readonly height: number;
  /** Never called inside push(). */
  readonly packet: (packet: VideoPacket) => void;
  /** It broke, and was closed by that. */
  readonly failed: () => void;
}

/** Begins a film; undefined when there can be no more just now. */
export type VideoEncoders = (options: VideoEncoderOptions) => VideoEncoder | undefined;
