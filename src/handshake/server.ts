/**
 * Server's half of the handshake: version (RFB 7.1.1), security (7.1.2, 7.1.3), init (7.3). Called for each connection
 * of a server; returns what a session is built from.
 * @rfb handshake - ProtocolVersion | 3.3, 3.7 and 3.8; others are answered as the nearest of these
 * @rfb handshake - Security | several types at once, strongest first; the viewer's choice must be one of them
 */
import { StagedDeadline } from '../core/deadline.ts';
import { assertInvariant, ErrorCode, SecurityError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import { SecurityTypeNumber } from '../rfb/constants.ts';
import { receiveClientInit, writeServerInit, type ServerInit } from '../rfb/messages/init.ts';
import { parseVersion, versionBytes, versionSize, type RfbVersion } from '../rfb/version.ts';
import type { Identity, Peer } from '../security/identity.ts';
import { serveInsideTls } from '../security/inside-tls.ts';
import { securityTypeName, securityTypeNames } from '../security/names.ts';
import { offerInsideTls, type SecurityOffer } from '../security/policy.ts';
import { securityTypes } from '../security/registry.ts';
import type {
  Authenticator,
  SecurityType,
  ServerSecurityContext,
  ServerSecurityOutcome,
} from '../security/security-type.ts';
import type { TlsAcceptor, TlsInfo } from '../security/tls-port.ts';
import { ByteReader } from '../wire/byte-reader.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import type { SecuritySummary, ServerEstablished } from './established.ts';
import { LiveStream } from './live-stream.ts';
import {
  hasSecurityResult,
  sendSecurityFailed,
  sendSecurityOk,
  writeReason,
} from './security-result.ts';

export interface ServerHandshakeOptions {
  readonly stream: ByteStream;
  readonly peer: Peer;
  readonly offer: SecurityOffer;
  readonly authenticator: Authenticator;
  readonly tls?: TlsAcceptor;
  readonly limits: Limits;
  /** After ClientInit: the share policy's word. Returns what ServerInit says, or throws to close. */
  readonly admit: (request: {
    readonly shared: boolean;
    readonly identity: Identity;
    readonly security: SecuritySummary;
  }) => Promise<ServerInit>;
}

/**
 * Rejects with ProtocolError, SecurityError, AuthenticationError, ClosedError or TimeoutError, or with what `admit` or
 * the authenticator threw. By then the connection was ended, so that the peer still gets its answer; the caller only
 * waits for `stream.closed`, and may destroy the stream when that takes too long.
 */
export async function serverHandshake(options: ServerHandshakeOptions): Promise<ServerEstablished> {
  const live = new LiveStream(options.stream);
  try {
    return await runHandshake(options, live);
  } catch (error) {
    live.end();
    throw error;
  }
}

async function runHandshake(
  options: ServerHandshakeOptions,
  live: LiveStream,
): Promise<ServerEstablished> {
  const { stream, peer, authenticator, tls, limits, admit } = options;
  // With TLS around all of it nothing is left to do for VeNCrypt.
  const offer = peer.tls === undefined ? options.offer : offerInsideTls(options.offer);
  const deadline = new StagedDeadline(limits.handshakeStageMs, limits.handshakeTotalMs, (error) =>
    live.destroy(error),
  );
  const reader = new ByteReader(stream);

  // 7.1.1 ProtocolVersion. Sent at once: gtk-vnc and x11vnc grow impatient after a second or two.
  stream.write(versionBytes('3.8'));
  const version = parseVersion(await deadline.run('version', reader.bytes(versionSize)));

  // 7.1.2 Security.
  reader.phase = 'security';
  const type =
    version === '3.3'
      ? decideType(stream, offer)
      : await deadline.run('security', chooseType(reader, version, offer));

  // 7.2, the type's own exchange. A person may be typing a password at the other end.
  reader.phase = 'authentication';
  const outcome = await deadline.runToEnd(
    () => reader.phase,
    runType(
      type,
      {
        reader,
        peer,
        authenticator,
        limits,
        subtypes: offer.subtypes,
        ...(tls === undefined ? {} : { tls: live.acceptor(tls) }),
      },
      peer.tls,
    ),
  );

  // 7.1.3 SecurityResult.
  const inner = outcome.reader;
  const hasResult = hasSecurityResult(version, type.number, outcome);
  if (outcome.denied !== undefined) {
    if (hasResult) sendSecurityFailed(inner.stream, version, outcome.denied.peerReason);
    throw outcome.denied;
  }
  if (hasResult) sendSecurityOk(inner.stream);

  // 7.3.1 ClientInit, 7.3.2 ServerInit.
  inner.phase = 'init';
  const { shared } = await deadline.run('init', receiveClientInit(inner));
  const { identity, subtype, tlsInfo } = outcome;
  const security = {
    type: type.number,
    name: subtype === undefined ? type.name : securityTypeName(subtype),
    ...(subtype === undefined ? {} : { subtype }),
    ...(tlsInfo === undefined ? {} : { tlsInfo }),
  };
  const init = await admit({ shared, identity, security });
  const w = new ByteWriter();
  writeServerInit(w, init);
  w.send(inner.stream);

  inner.phase = 'session';
  return { reader: inner, version, security, init, shared, identity };
}

/** With TLS around the connection the client's certificate has its say, as it has inside VeNCrypt. */
function runType(
  type: SecurityType,
  context: ServerSecurityContext,
  around: TlsInfo | undefined,
): Promise<ServerSecurityOutcome> {
  if (around === undefined) return type.server(context);
  return serveInsideTls(type, { ...context, tlsInfo: around }, context.tls?.verifyClient ?? 'off');
}

/** 3.3: the server decides, and can only say None or VncAuth: viewers of 3.3 know no others. */
function decideType(stream: ByteStream, offer: SecurityOffer): SecurityType {
  const number = offer.types.find(
    (type) => type === SecurityTypeNumber.None || type === SecurityTypeNumber.VncAuth,
  );
  if (number === undefined) {
    const w = new ByteWriter().u32(SecurityTypeNumber.Invalid);
    writeReason(w, 'RFB 3.3 has none of the security types of this server; use 3.7 or 3.8');
    w.send(stream);
    throw new SecurityError(
      `a viewer of RFB 3.3 cannot use ${securityTypeNames(offer.types)}, all that is offered`,
      { phase: 'security' },
    );
  }
  new ByteWriter().u32(number).send(stream);
  return implementation(number);
}

/** 3.7 and 3.8: the server lists, and the viewer chooses, which it may get wrong (RealVNC's CVE-2006-2369). */
async function chooseType(
  reader: ByteReader,
  version: RfbVersion,
  offer: SecurityOffer,
): Promise<SecurityType> {
  const { stream } = reader;
  if (offer.types.length === 0) {
    const w = new ByteWriter().u8(0);
    writeReason(w, 'No security type is available');
    w.send(stream);
    throw new SecurityError('no security type is offered', { phase: 'security' });
  }
  stream.write(Uint8Array.of(offer.types.length, ...offer.types));

  const chosen = await reader.u8();
  if (!offer.types.includes(chosen)) {
    sendSecurityFailed(stream, version, 'Security type was not offered');
    throw new SecurityError(`the viewer chose security type ${chosen}, which was not offered`, {
      code: ErrorCode.typeNotOffered,
      securityType: chosen,
      phase: 'security',
    });
  }
  return implementation(chosen);
}

function implementation(number: number): SecurityType {
  const type = securityTypes.get(number);
  assertInvariant(type !== undefined, `security type ${number} is offered, so it is spoken`);
  return type;
}
