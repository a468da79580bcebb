/**
 * The audit trail: who was on the display, when, from where, how protected, and what became of it, as one JSON object a
 * line. docs/audit.md lists events and fields. Used by the command line and by programs that serve.
 *
 * INVARIANT: what people type, copy or prove themselves with is never in it: fields are picked here one by one.
 */
import { randomBytes } from 'node:crypto';
import type { Emitter } from '../core/emitter.ts';
import { AuthenticationError, ErrorCode, type VncError } from '../core/errors.ts';
import type { Peer } from '../security/identity.ts';
import type { ViewerInfo } from '../server/display.ts';
import type { By, ServerEvents } from '../server/server.ts';
import { openAuditWriter, type AuditWriter, type AuditWriterOptions } from './audit-writer.ts';

/** Of the lines' format: a number that grows when a field changes its meaning or goes. */
const AUDIT_SCHEMA = 1;

export type AuditValue = string | number | boolean | readonly string[] | Readonly<object>;

/** What an audit trail takes. */
export interface AuditOptions extends Pick<AuditWriterOptions, 'failed' | 'recovered'> {
  readonly now?: () => Date;
}

/** An audit trail that is being written: docs/audit.md. */
export interface Audit {
  /** Follows a server until it has no more events. */
  readonly follow: (events: Emitter<ServerEvents>) => void;
  /** Writes a line of your own. */
  readonly record: (
    event: string,
    fields: Readonly<Record<string, AuditValue | undefined>>,
  ) => void;
  /** Goes on in a new file of the same name, after the old one was renamed. */
  readonly reopen: () => Promise<void>;
  /** Writes what is left. */
  readonly close: () => Promise<void>;
}

/** Begins an audit trail. `path` is a file, or `-` for stdout. Rejects with Error when it cannot be opened. */
export async function openAudit(path: string, options: AuditOptions = {}): Promise<Audit> {
  const format = lineFormat(options.now);
  const lossLine = (lines: number): string => format('events-lost', { lines });
  const writer = await openAuditWriter(path, { ...options, lossLine });
  return auditOver(writer, format);
}

/** An event as a line. */
export type LineFormat = (
  event: string,
  fields: Readonly<Record<string, AuditValue | undefined>>,
) => string;

export function lineFormat(now: () => Date = () => new Date()): LineFormat {
  let seq = 0;
  return (event, fields) => {
    seq += 1;
    return JSON.stringify({
      schema: AUDIT_SCHEMA,
      time: now().toISOString(),
      seq,
      event,
      ...fields,
    });
  };
}

export function auditOver(writer: AuditWriter, format: LineFormat = lineFormat()): Audit {
  // Ids of connections begin at 1 with each server; with this they are of one server only.
  const run = randomBytes(6).toString('hex');
  const session = (id: number): string => `${run}-${id}`;
  const record: Audit['record'] = (event, fields) => writer.write(format(event, fields));
  const byOf = ({ by, byId }: By): Record<string, AuditValue> => ({
    by,
    ...(byId === undefined ? {} : { bySession: session(byId) }),
  });

  const follow = (events: Emitter<ServerEvents>): void => {
    const about = (id: number, peer: Peer): { session: string; peer: string } => ({
      session: session(id),
      peer: peer.address,
    });
    const aboutViewer = ({ id, address, name }: ViewerInfo): Record<string, AuditValue> => ({
      session: session(id),
      peer: address,
      identity: name,
    });
    events.on('connected', ({ id, peer }) => record('connected', about(id, peer)));
    events.on('authenticationfailed', ({ id, peer, reason, error }) =>
      record('authentication-failed', { ...about(id, peer), kind: failureKind(error), reason }),
    );
    events.on('initialized', (viewer) => {
      const { version, security, tls, distinguishedName, rights } = viewer;
      const encryption = tls ?? 'none';
      const facts = { version, security, encryption, distinguishedName, rights };
      record('initialized', { ...aboutViewer(viewer), ...facts });
    });
    events.on('rightschanged', ({ viewer, old, ...by }) =>
      record('rights-changed', { ...aboutViewer(viewer), old, new: viewer.rights, ...byOf(by) }),
    );
    events.on('resized', ({ width, height, ...by }) =>
      record('resize', { width, height, ...byOf(by) }),
    );
    events.on('clipboard', ({ viewer, direction, bytes }) =>
      record('clipboard', { ...aboutViewer(viewer), direction, bytes }),
    );
    events.on('kicked', ({ id, peer, reason, ...by }) =>
      record('kicked', { ...about(id, peer), reason, ...byOf(by) }),
    );
    events.on('disconnected', ({ id, peer, viewer, reason, ...traffic }) => {
      const { bytesIn, bytesOut, updates, durationMs } = traffic;
      record('disconnected', {
        ...about(id, peer),
        identity: viewer?.name,
        code: reason.code,
        reason: reason.message,
        bytesIn,
        bytesOut,
        updates,
        durationMs,
      });
    });
  };
  return { follow, record, reopen: writer.reopen, close: writer.close };
}

/** Why somebody was not let in, in one word. */
export function failureKind(error: VncError): string {
  if (error instanceof AuthenticationError && error.tooMany) return 'too-many';
  if (error.code === ErrorCode.notAllowed) return 'not-allowed';
  if (error.code === ErrorCode.certificate) return 'certificate';
  return 'credentials';
}
