/**
 * Tells when files changed, however that was done: written in place, renamed over, or a symbolic link on their way pointed
 * elsewhere (Kubernetes's `..data`, Let's Encrypt's `live`). Used by the credential store.
 *
 * Directories are watched, not files: a watched file that is renamed over is watched for ever under no name. What an event
 * says is not trusted; the files are looked at. File systems without events (NFS, some containers') are looked at slowly.
 */
import { watch, type FSWatcher } from 'node:fs';
import { lstat, readlink, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from './clock.ts';

export interface FileWatchOptions {
  /** Files to look at; asked anew each time, since names may appear and vanish. May reject: that is a state, too. */
  readonly files: () => Promise<readonly string[]>;
  /** Directories that are watched in any case, for what may appear in them. */
  readonly directories?: readonly string[];
  /** The files are not what they were. What it returns is waited for, and nothing is told meanwhile. */
  readonly changed: () => Promise<unknown>;
  readonly clock: Clock;
  /** Default 30000. */
  readonly pollMs?: number;
  /** How long there must be no event before the files are looked at: writers take several steps. Default 100. */
  readonly quietMs?: number;
}

export interface FileWatch {
  /** Directories under watch. */
  readonly watched: readonly string[];
  readonly close: () => void;
}

/** What the files are now: equal texts mean that nothing happened to them. */
export async function stampOf(files: () => Promise<readonly string[]>): Promise<string> {
  try {
    const list = await files();
    return (await Promise.all(list.map(stampOfFile))).join('\n');
  } catch (error) {
    return String(error);
  }
}

async function stampOfFile(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(file);
    return [file, dev, ino, size, mtimeMs, ctimeMs].join(' ');
  } catch (error) {
    return `${file} ${String(error)}`;
  }
}

/** Resolves when the files are under watch: a change after that is not missed. */
export async function watchFiles(options: FileWatchOptions): Promise<FileWatch> {
  const watching = new Watching(options);
  await watching.start();
  return watching;
}

const POLL_MS = 30_000;
const QUIET_MS = 100;
/** Links on the way to a file that are followed: Kubernetes has two. */
const MAX_LINKS = 8;

class Watching implements FileWatch {
  readonly #options: FileWatchOptions;
  readonly #watchers = new Map<
    string,
    { readonly identity: string; readonly watcher: FSWatcher }
  >();
  #stamp = '';
  #closed = false;
  #cancelQuiet: () => void = () => undefined;
  #cancelPoll: () => void = () => undefined;
  /** Looking, or telling; `again` when something happened since. */
  #busy = false;
  #again = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
  }

  get watched(): readonly string[] {
    return Array.from(this.#watchers.keys());
  }

  async start(): Promise<void> {
    await this.#watchDirectories();
    this.#stamp = await stampOf(this.#options.files);
    this.#poll();
  }

  readonly close = (): void => {
    this.#closed = true;
    this.#cancelQuiet();
    this.#cancelPoll();
    for (const { watcher } of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  };

  #poll(): void {
    if (this.#closed) return;
    const { clock, pollMs = POLL_MS } = this.#options;
    this.#cancelPoll = clock.after(pollMs, () => void this.#look().then(() => this.#poll()));
  }

  readonly #event = (): void => {
    if (this.#closed) return;
    const { clock, quietMs = QUIET_MS } = this.#options;
    this.#cancelQuiet();
    this.#cancelQuiet = clock.after(quietMs, () => void this.#look());
  };

  /** Never rejects: `changed` tells of its own failures. */
  async #look(): Promise<void> {
    this.#again = true;
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        await this.#watchDirectories();
        const stamp = await stampOf(this.#options.files);
        if (stamp === this.#stamp || this.#closed) continue;
        this.#stamp = stamp;
        await this.#options.changed();
        // A change while that ran may have come before its directory was watched.
        this.#again = true;
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Brings the watchers in line with where the files lie now. */
  async #watchDirectories(): Promise<void> {
    const { files, directories = [] } = this.#options;
    const list = await files().catch(() => []);
    const wanted = new Set(directories.map((dir) => resolve(dir)));
    for (const file of list) for (const dir of await directoriesOf(file)) wanted.add(dir);
    const identities = new Map<string, string>();
    for (const dir of wanted) {
      // A directory that was made anew under the same name is another one.
      const identity = await stat(dir).then(
        ({ dev, ino }) => `${dev} ${ino}`,
        () => undefined,
      );
      if (identity !== undefined) identities.set(dir, identity);
    }
    if (this.#closed) return;
    for (const [dir, { identity, watcher }] of this.#watchers) {
      if (identities.get(dir) === identity) continue;
      watcher.close();
      this.#watchers.delete(dir);
    }
    for (const [dir, identity] of identities)
      if (!this.#watchers.has(dir)) this.#watch(dir, identity);
  }

  #watch(dir: string, identity: string): void {
    try {
      const watcher = watch(dir, { persistent: false }, this.#event);
      watcher.on('error', () => {
        watcher.close();
        if (this.#watchers.get(dir)?.watcher === watcher) this.#watchers.delete(dir);
      });
      this.#watchers.set(dir, { identity, watcher });
    } catch {
      // Out of watches (inotify has a limit for each user), or not allowed: looking now and then must do.
    }
  }
}

/** Where the file's own name stands, the names that it leads to, and the links between them. */
async function directoriesOf(file: string): Promise<string[]> {
  const found = new Set<string>();
  let path = resolve(file);
  for (let links = 0; links <= MAX_LINKS; links++) {
    found.add(dirname(path));
    const link = await firstLink(path);
    if (link === undefined) break;
    found.add(link.directory);
    path = link.target;
  }
  return Array.from(found);
}

/** The first link of a path: where it stands, and the path once it has been followed. */
async function firstLink(
  path: string,
): Promise<{ readonly directory: string; readonly target: string } | undefined> {
  const parts = path.split('/').slice(1);
  for (let i = 1; i <= parts.length; i++) {
    const head = `/${parts.slice(0, i).join('/')}`;
    const info = await lstat(head).catch(() => undefined);
    if (info === undefined) return undefined;
    if (!info.isSymbolicLink()) continue;
    const target = await readlink(head).catch(() => undefined);
    if (target === undefined) return undefined;
    const directory = dirname(head);
    return { directory, target: resolve(directory, target, join(...parts.slice(i), '.')) };
  }
  return undefined;
}
