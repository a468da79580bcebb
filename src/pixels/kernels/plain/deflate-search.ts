/** What the match finders of deflate are given; see `deflate` in ../kernel-interface.ts. */
export interface Search {
  readonly tables: number;
  readonly history: number;
  readonly input: number;
  readonly size: number;
  readonly position: number;
  readonly bytesPerPixel: number;
  readonly rowBytes: number;
}
