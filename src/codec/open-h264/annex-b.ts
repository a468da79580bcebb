/** H.264 in annex B (ITU-T H.264): NAL units, each behind a start code 00 00 01. As much of it as tells one picture from another. */

/** ITU-T H.264 table 7-1. */
const NalType = { Slice: 1, IdrSlice: 5 } as const;

/** Types of the NAL units, in order. */
export function* nalTypes(picture: Uint8Array): Generator<number, void> {
  // A start code ends in 1, and nothing in a NAL unit looks like one.
  for (let i = picture.indexOf(1, 2); i >= 0 && i + 1 < picture.length; ) {
    if (picture[i - 1] === 0 && picture[i - 2] === 0) yield picture[i + 1]! & 0x1f;
    i = picture.indexOf(1, i + 1);
  }
}

/** Whether a film can begin with this picture. */
export function isKeyframe(picture: Uint8Array): boolean {
  for (const type of nalTypes(picture)) {
    if (type === NalType.IdrSlice) return true;
    if (type === NalType.Slice) return false;
  }
  return false;
}
