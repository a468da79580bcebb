/** The `code` that Node gives the system's faults. Used by whatever meets them: files, sockets, TLS. */

/** Of anything thrown, or the empty string. */
export const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';
