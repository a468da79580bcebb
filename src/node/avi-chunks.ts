/**
 * The pictures in a growing AVI file, each as soon as its last byte is there. AVI because it says how long a picture is in
 * front of it, and leaves it as it is: in bare annex B only the next picture tells where one ended. Used by ffmpeg-encoder.ts.
 */

/** `RIFF`, length, `AVI `. */
const FILE_HEADER = 12;
/** Four letters, length. */
const CHUNK_HEADER = 8;
/** Of a list, behind its length: what kind it is. */
const LIST_KIND = 4;
/** No picture is as long; more than this is no AVI. */
const MAX_CHUNK = 64 * 1024 * 1024;
/** Of the first stream, compressed. */
const PICTURE = '00dc';

/** Takes the file piece by piece. Throws Error on what is not AVI. */
export function createAviReader(picture: (data: Uint8Array) => void): (piece: Buffer) => void {
  let pieces: Buffer[] = [];
  let length = 0;
  let wanted = FILE_HEADER;
  let skip = 0;
  let started = false;

  /** Goes on behind what is understood, and returns how long that is; 0 when more must come first. */
  const step = (bytes: Buffer): number => {
    wanted = started ? CHUNK_HEADER : FILE_HEADER;
    if (bytes.length < wanted) return 0;
    if (!started) {
      if (bytes.toString('latin1', 0, 4) !== 'RIFF') throw new Error('this is no AVI');
      started = true;
      return FILE_HEADER;
    }
    const name = bytes.toString('latin1', 0, 4);
    const size = bytes.readUInt32LE(4);
    if (name === 'LIST') {
      wanted = CHUNK_HEADER + LIST_KIND;
      if (bytes.length < wanted) return 0;
      if (bytes.toString('latin1', CHUNK_HEADER, wanted) === 'movi') return wanted;
    }
    if (size > MAX_CHUNK) throw new Error(`a chunk of ${size} bytes is no picture`);
    const whole = CHUNK_HEADER + size + (size % 2);
    if (name !== PICTURE) {
      skip = whole - CHUNK_HEADER;
      return CHUNK_HEADER;
    }
    wanted = whole;
    if (bytes.length < whole) return 0;
    // Where frames are far apart ffmpeg fills the time with empty ones.
    if (size > 0) picture(Uint8Array.from(bytes.subarray(CHUNK_HEADER, CHUNK_HEADER + size)));
    return whole;
  };

  return (piece) => {
    pieces.push(piece);
    length += piece.length;
    if (skip === 0 && length < wanted) return;
    let bytes = pieces.length === 1 ? piece : Buffer.concat(pieces, length);
    for (;;) {
      if (skip > 0) {
        const skipped = Math.min(skip, bytes.length);
        skip -= skipped;
        bytes = bytes.subarray(skipped);
        if (skip > 0) break;
      }
      const understood = step(bytes);
      if (understood === 0) break;
      bytes = bytes.subarray(understood);
    }
    pieces = [bytes];
    length = bytes.length;
  };
}
