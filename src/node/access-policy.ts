/**
 * An access file that is followed while the server runs: read again when it changes, taken as a whole or not at all. A
 * broken one is told of and changes nothing; without the file nobody logs in. Used by serve, `--access` and the monitor.
 */
import { watch, type FSWatcher } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Policy } from '../access/compile-policy.ts';
import { PolicyKeeper } from '../access/policy-keeper.ts';
import type { Scrypt } from '../access/users.ts';
import { Emitter } from '../core/emitter.ts';
import { messageOf } from '../core/errors.ts';
import { silentLogger, type Logger } from '../core/logger.ts';
import type { Identity, Judgement, Peer } from '../security/identity.ts';
import type { Authenticator } from '../security/security-type.ts';
import type { TlsAcceptor } from '../security/tls-port.ts';
import { readAccessText, type AccessProblem } from './access-file.ts';
import { errorCode } from './error-code.ts';
import { readableByOthers, readableByOthersWarning, readFault } from './file-access.ts';
import { nodeScrypt } from './users-file.ts';

/** What opening an access file takes. */
export interface AccessPolicyOptions {
  readonly logger?: Logger;
  /** Whether viewers bring certificates. Rules on them are faults where they would not hold. Default `off`. */
  readonly verifyClient?: TlsAcceptor['verifyClient'];
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly scrypt?: Scrypt;
  /** How long after the first sign of a change the file is read, milliseconds. Default 100. */
  readonly settleMs?: number;
  /** How often the file and the clock are looked at, whether or not the system tells of changes, ms. Default 5000. */
  readonly lookMs?: number;
}

export type AccessPolicyEvents = {
  /** The policy is another one, or a rule's hours may have begun or ended: who is in may have to go. */
  review: undefined;
};

/** What became of the file: the policy is new, is as it was, was kept because the file is broken, or is gone with it. */
export type ReloadOutcome = 'changed' | 'unchanged' | 'kept' | 'missing';

/** An access file (docs/access.md) that is followed while a server runs. */
export interface AccessPolicy {
  readonly file: string;
  /** Undefined while the file is missing. */
  readonly policy: Policy | undefined;
  /** What works and should not stay so, a sentence each. */
  readonly warnings: readonly string[];
  readonly events: Emitter<AccessPolicyEvents>;
  /** Decides on logins. */
  readonly authenticator: Authenticator;
  /** Decides again on somebody who came in before. */
  readonly judge: (identity: Identity, peer: Peer) => Judgement;
  /** Reads the file now. Never rejects: what is wrong goes to the log. */
  readonly reload: () => Promise<ReloadOutcome>;
  /** Follows the file no more. Idempotent. */
  readonly close: () => void;
}

/** An access file that cannot be used. The message has its first problem; all of them are in `problems`. */
export class AccessFileError extends TypeError {
  readonly problems: readonly AccessProblem[];

  constructor(file: string, problems: readonly AccessProblem[], cause?: unknown) {
    super(sentenceOf(file, problems), cause === undefined ? undefined : { cause });
    this.name = 'AccessFileError';
    this.problems = problems;
  }
}

/** Opens and follows an access file. Rejects with AccessFileError, or with TypeError when the file cannot be read. */
export async function openAccessPolicy(
  file: string,
  options: AccessPolicyOptions = {},
): Promise<AccessPolicy> {
  const followed = new FollowedFile(file, options);
  await followed.open();
  return followed;
}

/** Reads a file once. Rejects with TypeError when it cannot be read; problems of its content are in the answer. */
export async function readAccessFile(
  file: string,
): Promise<ReturnType<typeof readAccessText> & { readonly text: string }> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new TypeError(`${file} ${readFault(cause, 'users, passwords and rules')}`, { cause });
  }
  return { text, ...readAccessText(text) };
}

class FollowedFile implements AccessPolicy {
  readonly file: string;
  readonly events: Emitter<AccessPolicyEvents> = new Emitter();
  readonly #options: AccessPolicyOptions;
  readonly #logger: Logger;
  readonly #keeper: PolicyKeeper;
  #warnings: readonly string[] = [];
  #text: string | undefined;
  /** What the file looked like from outside when it was last read. */
  #signature = '';
  #watcher: FSWatcher | undefined;
  #settling: NodeJS.Timeout | undefined;
  #looking: NodeJS.Timeout | undefined;
  /** One reading at a time, in order. */
  #reading: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(file: string, options: AccessPolicyOptions) {
    this.file = file;
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    const { scrypt = nodeScrypt, now } = options;
    this.#keeper = new PolicyKeeper({ scrypt, ...(now === undefined ? {} : { now }) });
  }

  get policy(): Policy | undefined {
    return this.#keeper.policy;
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  get authenticator(): Authenticator {
    return this.#keeper.authenticator;
  }

  get judge(): AccessPolicy['judge'] {
    return this.#keeper.judge;
  }

  async open(): Promise<void> {
    this.#signature = await signatureOf(this.file);
    const { text, policy, problems } = await this.#read();
    if (policy === undefined) throw new AccessFileError(this.file, problems);
    if (await readableByOthers(this.file)) this.#warnings = [readableByOthersWarning(this.file)];
    this.#text = text;
    this.#keeper.use(policy);
    this.#watch();
    this.#looking = setInterval(() => this.#look(), this.#options.lookMs ?? 5000).unref();
  }

  readonly reload = (): Promise<ReloadOutcome> => {
    const reading = this.#reading.then(() => this.#reload());
    this.#reading = reading;
    return reading;
  };

  readonly close = (): void => {
    this.#closed = true;
    this.#watcher?.close();
    clearTimeout(this.#settling);
    clearInterval(this.#looking);
  };

  async #reload(): Promise<ReloadOutcome> {
    this.#signature = await signatureOf(this.file);
    let reading: Awaited<ReturnType<typeof readAccessFile>>;
    try {
      reading = await this.#read();
    } catch (error) {
      return this.#unreadable(error);
    }
    const { text, policy, problems } = reading;
    if (policy === undefined) {
      const { message } = new AccessFileError(this.file, problems);
      return this.#keep(`${message}; ${problems.length} in all; see sallyport check-config`);
    }
    if (text === this.#text && this.#keeper.policy !== undefined) return 'unchanged';
    this.#text = text;
    this.#keeper.use(policy);
    this.#logger.info('access file read', { file: this.file });
    if (!this.#closed) this.events.emit('review', undefined);
    return 'changed';
  }

  #unreadable(error: unknown): ReloadOutcome {
    const cause = error instanceof Error ? error.cause : undefined;
    const why = messageOf(error);
    if (!['ENOENT', 'ENOTDIR'].includes(errorCode(cause))) return this.#keep(why);
    if (this.#keeper.policy !== undefined)
      this.#logger.error('access file is missing: nobody can log in until it is back', {
        file: this.file,
      });
    this.#keeper.withdraw('the access file is missing');
    this.#text = undefined;
    return 'missing';
  }

  #keep(why: string): ReloadOutcome {
    const missing = this.#keeper.policy === undefined;
    this.#logger.error(
      missing
        ? 'access file is broken: nobody can log in'
        : 'access file is broken: what it said before stays in force',
      { file: this.file, reason: why },
    );
    return 'kept';
  }

  async #read(): ReturnType<typeof readAccessFile> {
    const reading = await readAccessFile(this.file);
    const fault = certificateFault(reading.policy, this.#options.verifyClient ?? 'off');
    if (fault === undefined) return reading;
    return { text: reading.text, problems: [{ line: 1, column: 1, message: fault }] };
  }

  /** The directory: a file that is renamed over ours, or a link that changes on the way, is told of there alone. */
  #watch(): void {
    try {
      this.#watcher = watch(dirname(this.file), { persistent: false }, () => this.#settle());
      // The directory went away. The clock still looks.
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch (error) {
      this.#logger.warn('access file cannot be watched, so it is looked at now and then', {
        file: basename(this.file),
        reason: errorCode(error),
      });
    }
  }

  /** A writer needs a moment, and tells of every step. */
  #settle(): void {
    if (this.#closed) return;
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      void this.#reloadIfNew();
    }, this.#options.settleMs ?? 100).unref();
  }

  #look(): void {
    void this.#reloadIfNew();
    if (this.#keeper.policy?.usesHours === true) this.events.emit('review', undefined);
  }

  async #reloadIfNew(): Promise<void> {
    if ((await signatureOf(this.file)) !== this.#signature && !this.#closed) await this.reload();
  }
}

/** Changes whenever the file does; empty when there is none. */
async function signatureOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return errorCode(error);
  }
}

/** A rule on something that viewers need not show would be a lock on an open door. */
function certificateFault(
  policy: Policy | undefined,
  verifyClient: TlsAcceptor['verifyClient'],
): string | undefined {
  const use = policy?.certificates ?? 'unused';
  if (use === 'unused' || verifyClient === 'require') return undefined;
  if (use === 'deny')
    return 'rules: a rule keeps people out by their certificates, which needs --verify-client require: without one nobody need show a certificate';
  if (verifyClient === 'request') return undefined;
  return 'rules: a rule names certificates, which needs --verify-client request or require: without either no viewer is asked for one';
}

function sentenceOf(file: string, problems: readonly AccessProblem[]): string {
  const [first] = problems;
  return first === undefined
    ? `${file} cannot be used`
    : `${file}:${first.line}:${first.column}: ${first.message}`;
}
