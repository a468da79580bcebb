/** What happens to connections, told: one line for people, one JSON object for programs. */
import type { Emitter } from '../core/emitter.ts';
import { describeError, ErrorCode, type VncError } from '../core/errors.ts';
import type { ViewerInfo } from '../server/display.ts';
import type { ServerEvents } from '../server/server.ts';
import type { Logs } from './log.ts';

/** Follows a server's events until it has none any more. */
export function logConnections(events: Emitter<ServerEvents>, logs: Logs): void {
  const { log, event } = logs;
  /** Those whose refusal was told: their end is not news. */
  const refused = new Set<number>();

  events.on('connected', ({ id, peer }) => {
    const by = peer.websocket === true ? ' by WebSocket' : '';
    log.info(`#${id} connected from ${peer.address}${by}`);
    event('connected', {
      id,
      peer: peer.address,
      ...(peer.websocket === true ? { websocket: true } : {}),
    });
  });
  events.on('authenticationfailed', ({ id, peer, reason }) => {
    refused.add(id);
    log.warn(`#${id} refused: ${reason}`);
    event('authenticationfailed', { id, peer: peer.address, reason });
  });
  events.on('initialized', (viewer) => {
    log.info(`#${viewer.id} ${describeViewer(viewer)}`);
    const { id, address: peer, name, version, security, tls, distinguishedName, rights } = viewer;
    event('initialized', { id, peer, name, version, security, tls, distinguishedName, rights });
  });
  events.on('disconnected', ({ id, peer, reason, viewer, durationMs, bytesIn, bytesOut }) => {
    const wasRefused = refused.delete(id);
    const told = `#${id} disconnected after ${describeDuration(durationMs)}: ${describeEnd(reason)}`;
    if (viewer === undefined && !wasRefused && reason.code !== ErrorCode.closed) log.warn(told);
    else log.info(told);
    event('disconnected', {
      id,
      peer: peer.address,
      code: reason.code,
      reason: reason.message,
      durationMs,
      bytesIn,
      bytesOut,
      ...(viewer === undefined ? {} : { name: viewer.name }),
    });
  });
}

/** `authenticated as alice: X509Plain, TLSv1.2 …, RFB 3.8`. */
function describeViewer(viewer: ViewerInfo): string {
  const protection = viewer.tls ?? 'NOT ENCRYPTED';
  const certificate =
    viewer.distinguishedName === undefined || viewer.distinguishedName === viewer.name
      ? ''
      : ` (${viewer.distinguishedName})`;
  return `authenticated as ${viewer.name}${certificate}: ${viewer.security}, ${protection}, RFB ${viewer.version}`;
}

const describeEnd = (reason: VncError): string =>
  reason.code === ErrorCode.closed ? reason.message : describeError(reason);

/** `0.4 s`, `12 s`, `3 min 5 s`, `2 h 7 min`. */
export function describeDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 10) return `${(ms / 1000).toFixed(1)} s`;
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
