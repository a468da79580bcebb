/**
 * Credentials that follow their files: loaded and checked whole, replaced as a whole, never lost to a broken new set. Used
 * by `serve` and by the command line, which keep it for as long as they listen.
 */
import type { Unsubscribe } from '../core/emitter.ts';
import { messageOf } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { silentLogger, type Logger } from '../core/logger.ts';
import { systemClock, type Clock } from './clock.ts';
import {
  loadTlsCredentials,
  type CredentialOptions,
  type LoadedCredentials,
} from './credential-files.ts';
import { credentialFiles, type CredentialSource } from './credential-layout.ts';
import { watchExpiries } from './expiry.ts';
import { stampOf, watchFiles, type FileWatch } from './file-watch.ts';
import { readSecretFile } from './password-file.ts';
import type { Reloadable, ReloadOutcome } from './reload.ts';

/** How certificates are read, and followed. */
export interface CredentialStoreOptions
  extends Omit<CredentialOptions, 'purpose' | 'keyPassword' | 'now'> {
  /** File with the password of encrypted keys, read again with them. */
  readonly keyPasswordFile?: string;
  /** The password itself, where there is no file. */
  readonly keyPassword?: Secret;
  /** Whether changed files are loaded without being asked to. Default true. */
  readonly watch?: boolean;
  readonly logger?: Logger;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** Certificates and keys that are followed while a server runs: docs/reload.md. */
export interface CredentialStore extends Reloadable {
  readonly name: 'credentials';
  readonly current: LoadedCredentials;
  /**
   * Calls `use` with the current set, and with each new one before it becomes current. What it throws is thrown here, or
   * keeps the old set.
   */
  readonly attach: (use: (credentials: LoadedCredentials) => void) => Unsubscribe;
  /** Reads the files again. Rejects with why they cannot be used; what was there before then stays in use. */
  readonly reload: () => Promise<ReloadOutcome>;
  /** Ends watches and timers. Idempotent. */
  readonly close: () => void;
}

/**
 * Reads and follows certificates. Rejects with SecurityError (ERR_VNC_TLS_CONFIGURATION) for those that cannot be used, and
 * with TypeError for the file of the password.
 */
export async function openCredentialStore(
  source: CredentialSource,
  options: CredentialStoreOptions,
): Promise<CredentialStore> {
  const { clock = systemClock } = options;
  const first = await load(source, options, clock);
  const store = new Store(source, options, clock, first);
  if (options.watch !== false) await store.watch();
  return store;
}

async function load(
  source: CredentialSource,
  options: CredentialStoreOptions,
  clock: Clock,
): Promise<LoadedCredentials> {
  const { keyPasswordFile, keyPassword, needCa, hosts } = options;
  const password =
    keyPasswordFile === undefined ? undefined : await readSecretFile(keyPasswordFile);
  const loaded = await loadTlsCredentials(source, {
    needCa,
    now: new Date(clock.now()),
    ...(hosts === undefined ? {} : { hosts }),
    ...(password === undefined ? {} : { keyPassword: password.secret }),
    ...(keyPassword === undefined ? {} : { keyPassword }),
  });
  return { ...loaded, warnings: [...loaded.warnings, ...(password?.warnings ?? [])] };
}

/** Pauses before the files are read again: whoever writes certificate and key one after the other needs a moment. */
const RETRY_MS = [50, 100, 200, 400];

class Store implements CredentialStore {
  readonly name = 'credentials';
  readonly #source: CredentialSource;
  readonly #options: CredentialStoreOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #users = new Set<(credentials: LoadedCredentials) => void>();
  #current: LoadedCredentials;
  #watch: FileWatch | undefined;
  #stopExpiries: () => void = () => undefined;
  #closed = false;
  /** The last reload that was asked for. */
  #reloading: Promise<unknown> = Promise.resolve();

  constructor(
    source: CredentialSource,
    options: CredentialStoreOptions,
    clock: Clock,
    first: LoadedCredentials,
  ) {
    this.#source = source;
    this.#options = options;
    this.#clock = clock;
    this.#logger = options.logger ?? silentLogger;
    this.#current = first;
    this.#watchExpiries();
  }

  get current(): LoadedCredentials {
    return this.#current;
  }

  readonly attach = (use: (credentials: LoadedCredentials) => void): Unsubscribe => {
    use(this.#current);
    this.#users.add(use);
    return () => {
      this.#users.delete(use);
    };
  };

  readonly reload = (): Promise<ReloadOutcome> => {
    // One after the other, so that the last that was asked for has the last word.
    const reload = this.#reloading.then(() => this.#reload());
    this.#reloading = reload.catch(() => undefined);
    return reload;
  };

  readonly close = (): void => {
    this.#closed = true;
    this.#watch?.close();
    this.#stopExpiries();
    this.#users.clear();
  };

  async watch(): Promise<void> {
    this.#watch = await watchFiles({
      files: this.#files,
      directories: 'dir' in this.#source ? [this.#source.dir] : [],
      changed: () => this.reload().catch(() => undefined),
      clock: this.#clock,
    });
    // What changed between loading and watching is seen by nobody else.
    await this.reload().catch(() => undefined);
  }

  readonly #files = async (): Promise<string[]> => {
    const { needCa, keyPasswordFile } = this.#options;
    const files = await credentialFiles(this.#source, 'server', needCa);
    return [files, ...(files.alternatives ?? [])]
      .flatMap(({ certFile, keyFile }) => [certFile, keyFile])
      .concat([files.caFile, files.crlFile, keyPasswordFile].filter((file) => file !== undefined));
  };

  async #reload(): Promise<ReloadOutcome> {
    try {
      const loaded = await this.#settled();
      if (this.#closed || textOf(loaded) === textOf(this.#current))
        return { changed: false, warnings: loaded.warnings };
      this.#handOut(loaded);
      this.#current = loaded;
      this.#watchExpiries();
      this.#logger.info('credentials reloaded', {
        subject: loaded.summary.subject,
        fingerprint: loaded.summary.fingerprint,
        notAfter: loaded.summary.notAfter.toISOString(),
      });
      for (const warning of loaded.warnings) this.#logger.warn(warning);
      return { changed: true, warnings: loaded.warnings };
    } catch (error) {
      const why = messageOf(error);
      this.#logger.error('credentials not reloaded, the old ones stay in use', { reason: why });
      throw error;
    }
  }

  /** To all who use them, or to none. */
  #handOut(loaded: LoadedCredentials): void {
    const given: ((credentials: LoadedCredentials) => void)[] = [];
    try {
      for (const use of this.#users) {
        use(loaded);
        given.push(use);
      }
    } catch (error) {
      for (const use of given) use(this.#current);
      throw error;
    }
  }

  /** A set of one moment: nothing of it was replaced while the rest was read. */
  async #settled(): Promise<LoadedCredentials> {
    for (let attempt = 0; ; attempt++) {
      const pauseMs = RETRY_MS[attempt];
      try {
        const before = await stampOf(this.#files);
        const loaded = await load(this.#source, this.#options, this.#clock);
        const steady = before === (await stampOf(this.#files));
        if (steady || pauseMs === undefined || this.#closed) return loaded;
      } catch (error) {
        if (pauseMs === undefined || this.#closed) throw error;
      }
      await new Promise<void>((resolve) => this.#clock.after(pauseMs, resolve));
    }
  }

  #watchExpiries(): void {
    this.#stopExpiries();
    this.#stopExpiries = watchExpiries(this.#current.expiries, this.#clock, (warning) =>
      this.#logger.warn(warning),
    );
  }
}

const textOf = ({ cert, key, alternatives, ca, crls }: LoadedCredentials): string =>
  JSON.stringify([cert, key, alternatives, ca, crls]);
