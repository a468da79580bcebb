/**
 * The hot loops over pixels and bytes, all in one memory. Each exists twice with the same results, bit for bit: in assembly/
 * (AssemblyScript, compiled to WebAssembly with SIMD) and, to read and to fall back on, in plain/. Nothing here checks its
 * arguments: callers do. An `address` is in bytes, a `stride` in bytes from a row to the next, a pixel one 32-bit word. For those
 * who implement it; callers find theirs, and the sizes of what they have to bring, in kernels.ts.
 */

export interface Kernels {
  /** 1 when two blocks of width x height pixels differ anywhere, else 0. */
  readonly differ: (
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    width: number,
    height: number,
  ) => number;
  /** Copies bytes; from and to may overlap. Views of shared memory take several times as long. */
  readonly copyBytes: (from: number, to: number, size: number) => void;
  /** Fills bytes with zeros. */
  readonly clearBytes: (address: number, size: number) => void;

  /** Makes a palette (palette-layout.ts) empty. */
  readonly clearPalette: (palette: number) => void;
  /**
   * Collects the distinct values of a block in order of appearance, and writes each pixel's index, one byte each, row after
   * row without gaps, at `indexes`, unless that is 0. Returns their number; 0 when there are more than `limit` (1..256), as soon as that is known: then the
   * palette holds nothing of use.
   */
  readonly scanPalette: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    limit: number,
    palette: number,
    indexes: number,
  ) => number;
  /**
   * Adds the colours of another palette, and writes under which index each of them is found, one byte each. Returns how many
   * there are then; 0, and nothing is changed but what is at `lookup`, when that would be more than `limit`.
   */
  readonly addColours: (palette: number, source: number, limit: number, lookup: number) => number;
  /** Copies count, transitions and colours, but no slots: what addColours wants of another palette. */
  readonly copyColours: (palette: number, target: number) => void;
  /** Takes the colours away that were added last: `count` remain. */
  readonly dropColours: (palette: number, count: number) => void;
  /** Each pixel's index in a palette that has them all, one byte each, without gaps. */
  readonly mapIndexes: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    palette: number,
    target: number,
  ) => void;
  /** Replaces indexes (without gaps), all less than `colours`, by what a table of bytes has for them. */
  readonly remapIndexes: (
    indexes: number,
    width: number,
    height: number,
    lookup: number,
    colours: number,
    target: number,
    targetStride: number,
  ) => void;
  /** One bit a pixel, 0 for the value `zero`; the most significant first, each row from a new byte. */
  readonly mapBits: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    zero: number,
    target: number,
  ) => void;

  /** How many bytes `writeIndexRuns` makes of so many indexes. */
  readonly indexRunBytes: (indexes: number, count: number) => number;
  /**
   * ZRLE's runs of a palette's indexes (each less than 128), one byte each without gaps: an index, or 128 + index and the
   * run's length less 1 as bytes of 255 and a rest. Returns the bytes written.
   */
  readonly writeIndexRuns: (indexes: number, count: number, target: number) => number;
  /** Indexes as 1, 2 or 4 bits, the most significant first, each row from a new byte. Returns the bytes written. */
  readonly packIndexes: (
    indexes: number,
    width: number,
    height: number,
    bits: number,
    target: number,
  ) => number;
  /** How many bytes `writePixelRuns` makes of a block. */
  readonly pixelRunBytes: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    size: number,
  ) => number;
  /** ZRLE's runs of values, packed as by `packPixels`, each with its length. Returns the bytes written. */
  readonly writePixelRuns: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    target: number,
    size: number,
    shift0: number,
    shift1: number,
    shift2: number,
    shift3: number,
  ) => number;

  /**
   * A row of Hextile's tiles, at most 16 high, each as whatever is shortest: `size` (1..4) bytes of each value, byte i being value >>>
   * byte i of `shifts`. The state (hextile-layout.ts) goes from tile to tile of a rectangle. Returns the bytes written, never more
   * than width * height * size and 1 a tile; it may scribble on 8 more.
   */
  readonly writeHextileTiles: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    size: number,
    shifts: number,
    state: number,
    target: number,
  ) => number;
  /** Writes `size` (1..4) bytes of each value without gaps: byte i is value >>> shift i. Shifts past `size` must be 0. */
  readonly packPixels: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    target: number,
    size: number,
    shift0: number,
    shift1: number,
    shift2: number,
    shift3: number,
  ) => void;
  /** From 0x??RRGGBB to values with 8-bit channels at other shifts, and the bits of `filler` set. */
  readonly moveChannels: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    target: number,
    targetStride: number,
    redShift: number,
    greenShift: number,
    blueShift: number,
    filler: number,
  ) => void;
  /** From 0x??RRGGBB to other values: the bits of three tables of 256 words, for red, green and blue, together. */
  readonly translatePixels: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    target: number,
    targetStride: number,
    tables: number,
  ) => void;

  /** Tight's gradient filter on pixels of three bytes: the difference from left + above - above left, clamped to a byte. */
  readonly filterGradient: (
    source: number,
    rowBytes: number,
    height: number,
    target: number,
  ) => void;

  /** How many of the first rows consist of `value`: all of them if the block is solid. A negative stride goes upwards. */
  readonly equalRows: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    value: number,
  ) => number;
  /**
   * Cuts a block, of one row or more, into squares of 64 columns, the last one perhaps narrower, and writes a byte for each:
   * 1 when it is of one value, else 0. Returns how many are.
   */
  readonly solidSquares: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    flags: number,
  ) => number;
  /**
   * The same, for a block at x, y of a picture of which it is known which tiles of 64 x 64 are of one value: `tiles` is a byte
   * for each, `columns` to a row, 1 where it is. Squares that these decide are not read.
   */
  readonly solidSquaresIn: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    flags: number,
    tiles: number,
    columns: number,
    x: number,
    y: number,
  ) => number;
  /** How many of the leftmost columns consist of `value`. */
  readonly equalLeft: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    value: number,
  ) => number;
  /** How many of the rightmost columns consist of `value`. */
  readonly equalRight: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    value: number,
  ) => number;
  /** In rows 0, rowStep, ...: how many pixels differ from the one to their left. */
  readonly countTransitions: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    rowStep: number,
  ) => number;
  /** In rows 1, 1 + rowStep, ...: how many pixels, but for the first, are as the one to their left or the one above. */
  readonly countRepeats: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    rowStep: number,
  ) => number;
  /** Makes deflate's work space (WORK_BYTES of assembly/deflate-layout.ts) ready. Once, before its first use. */
  readonly deflatePrepare: (work: number) => void;
  /**
   * Compresses `size` bytes at `input` into blocks of deflate and a sync flush, and returns how many bytes it wrote: never more
   * than `size` + 5 for each 16384 begun + 5; it may scribble on 8 more. Matches reach back over the input and what stands
   * before it from `history` on; `tables` (TABLE_BYTES, or FAST_TABLE_BYTES for the efforts up to Lazy) remember where.
   * `position` counts the stream's bytes, modulo 2^32, from at least 32769 on in tables of zeros. Bytes to a pixel and to a
   * row (0: no rows) say where to look first; `effort` is a DeflateEffort of codec/zlib-stream.ts, with DEFLATE_END added for
   * a stream that ends here: then an empty last block takes the place of the flush.
   */
  readonly deflate: (
    work: number,
    tables: number,
    history: number,
    input: number,
    size: number,
    position: number,
    bytesPerPixel: number,
    rowBytes: number,
    effort: number,
    output: number,
  ) => number;
  /**
   * Takes the last input, which still stands where it was compressed with an effort above Lazy, out of the tables: what was there
   * before and still in reach at its end is found again, if all before it was compressed so or taken out.
   */
  readonly deflateUndo: (
    tables: number,
    history: number,
    input: number,
    size: number,
    position: number,
  ) => void;

  /**
   * Compares two blocks in columns of 64 pixels (the last may be narrower) and writes a byte for each at `flags`: 1 where
   * it differs. Returns how many do.
   */
  readonly changedTiles: (
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    width: number,
    height: number,
    flags: number,
  ) => number;
  /**
   * The smallest rectangle around all that differs, as four words at `box` (x, y, width, height); that much is copied from
   * `a` to `b`. Returns 1, or 0 when nothing differs; then `box` is not written.
   */
  readonly takeChanges: (
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    width: number,
    height: number,
    box: number,
  ) => number;
  /** Compares cells of 32 x 1 pixels (the last may be narrower); a byte for each at `cells`, row by row: 1 where equal. */
  readonly equalCells: (
    a: number,
    aStride: number,
    b: number,
    bStride: number,
    width: number,
    height: number,
    cells: number,
    cellsStride: number,
  ) => void;
  /** Copies a block to another place of the same picture (addresses of their first pixels). The two may overlap. */
  readonly moveBlock: (
    from: number,
    to: number,
    stride: number,
    width: number,
    height: number,
  ) => void;

  /**
   * Notes features, which are 32 pixels behind an edge, of the rows 0, rowStep, 2 rowStep … of a block that stands at x, y
   * (below 65536) of its picture. `table`: 16384 pairs of words (hash, y << 16 | x), zeroed before its first use, in which
   * one that stands twice keeps its hash alone. Adds at most `room`, in all less than 16384; returns how many.
   */
  readonly indexFeatures: (
    block: number,
    stride: number,
    width: number,
    height: number,
    x: number,
    y: number,
    rowStep: number,
    table: number,
    room: number,
  ) => number;
  /**
   * Looks the features of a block up in such a table. Each that stands once in it, and elsewhere, becomes a word at `votes`
   * (dy << 16 | dx & 0xffff): how far it moved. At most `room`; returns how many.
   */
  readonly matchFeatures: (
    block: number,
    stride: number,
    width: number,
    height: number,
    x: number,
    y: number,
    table: number,
    votes: number,
    room: number,
  ) => number;

  /**
   * Goes on with a zlib stream (inflate-state.ts): reads input..inputEnd, writes output..outputEnd, refers back to `history`.
   * What was written before must stand there: all of it, or the last 32 kB. Returns an Inflated; how far it came is in the
   * state. Where more input is wanted, all of it was taken.
   */
  readonly inflate: (
    state: number,
    input: number,
    inputEnd: number,
    output: number,
    outputEnd: number,
    history: number,
  ) => number;

  /**
   * Pixels of three bytes to 0xFFRRGGBB. `order` has the places of blue, green and red among the three, a byte each, blue
   * lowest: 0x000102 where red comes first.
   */
  readonly unpackPixels: (
    source: number,
    target: number,
    stride: number,
    width: number,
    height: number,
    order: number,
  ) => void;

  /**
   * Indexes of 1, 2, 4 or 8 bits (8 with more than 16 colours) into a palette, the first in the highest bits, each row from a
   * whole byte. 0 when one is not below `colours` (the target may be half written), else 1.
   */
  readonly unpackIndexes: (
    source: number,
    target: number,
    stride: number,
    width: number,
    height: number,
    bits: number,
    palette: number,
    colours: number,
  ) => number;

  /** Tight's gradient filter on red, green and blue bytes. The row before the target's first is the one above it. */
  readonly unpackGradient: (
    source: number,
    target: number,
    stride: number,
    width: number,
    height: number,
  ) => void;

  /** Goes on with an Adler-32 checksum (zlib's; 1 at the start). 32 bits, perhaps negative. */
  readonly adler32: (checksum: number, address: number, size: number) => number;
  /** Fills in the CRC_TABLE_BYTES that crc32 looks at. Once. */
  readonly crcPrepare: (tables: number) => void;
  /** Goes on with a CRC-32 checksum (PNG's; 0 at the start). 32 bits, perhaps negative. */
  readonly crc32: (tables: number, checksum: number, address: number, size: number) => number;

  /** Rows as PNG compresses them, each behind the byte of its filter: 0 (as they are) or 4 (Paeth, with pixels of 3 bytes). */
  readonly filterRows: (
    source: number,
    rowBytes: number,
    height: number,
    filter: number,
    target: number,
  ) => void;
  /**
   * Undoes any of PNG's filters, and leaves their bytes out. The row before the target's first is the one above it. Returns
   * 0 when a filter does not exist (the target may be half written), else 1.
   */
  readonly unfilterRows: (
    source: number,
    target: number,
    rowBytes: number,
    height: number,
    bytesPerPixel: number,
  ) => number;

  /**
   * One tile of ZRLE, at most 64x64, from the start of `length` bytes; pixels as unpackPixels has them. The workspace has
   * ZRLE_WORKSPACE_BYTES. Returns how many bytes the tile took; 0 when it is malformed (the target may be half written).
   */
  readonly unpackZrleTile: (
    source: number,
    length: number,
    target: number,
    stride: number,
    width: number,
    height: number,
    order: number,
    workspace: number,
  ) => number;
  /**
   * A row of ZRLE's tiles (`side` 64, up to 2048 pixels wide) or of TRLE's (`side` 16), each in the sub-encoding with the fewest
   * bytes, for ZRLE as they are guessed to be behind deflate. `size` bytes of each value, byte i being value >>> byte i of
   * `shifts`. The state (zrle-layout.ts) has which of ZRLE's tiles are solid and the palette of TRLE's tile before, then how
   * long each became. Returns the bytes written: never more than width * height * size and 1 a tile; it may scribble on 16 more.
   */
  readonly writeZrleTiles: (
    pixels: number,
    stride: number,
    width: number,
    height: number,
    side: number,
    size: number,
    shifts: number,
    state: number,
    target: number,
  ) => number;
}
