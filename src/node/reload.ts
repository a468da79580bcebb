/** Reloading, as whoever asks for it sees it: a signal, a monitor, a watch. Used by serve and by the credential store. */

/** What became of one thing that can be read again. */
export interface ReloadOutcome {
  /** False when it was read, and is what it was. */
  readonly changed: boolean;
  /** What works now and should not stay so, a sentence each. */
  readonly warnings: readonly string[];
}

/** Something that can be read again. */
export interface Reloadable {
  /** `credentials`, `users`, `password`. */
  readonly name: string;
  /** Rejects when it cannot be used; then all is as it was before. */
  readonly reload: () => Promise<ReloadOutcome>;
}

/** What became of all of them. */
export interface ReloadReport {
  readonly parts: readonly (ReloadOutcome & {
    readonly name: string;
    /** Why the old one stays. */
    readonly error?: Error;
  })[];
}

/** All of them, each for itself: a broken users file is no reason to keep an old certificate. Never rejects. */
export async function reloadAll(reloadables: readonly Reloadable[]): Promise<ReloadReport> {
  const parts = reloadables.map(async ({ name, reload }) => {
    try {
      return { name, ...(await reload()) };
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      return { name, changed: false, warnings: [], error };
    }
  });
  return { parts: await Promise.all(parts) };
}
