/**
 * Client's half of the handshake: version (RFB 7.1.1), security (7.1.2, 7.1.3), init (7.3). Called by a viewer's session
 * once it is connected. It never falls back: what the server offers is taken, or the connection ends.
 */
import { StagedDeadline } from '../core/deadline.ts';
import { assertInvariant, ErrorCode, SecurityError } from '../core/errors.ts';
import { checkLimit, type Limits } from '../core/limits.ts';
import { SecurityTypeNumber } from '../rfb/constants.ts';
import { receiveServerInit, writeClientInit } from '../rfb/messages/init.ts';
import { parseVersion, versionBytes, versionSize, type RfbVersion } from '../rfb/version.ts';
import { cureForTypes, describeSecurityTypes, securityTypeName } from '../security/names.ts';
import type { SecurityOffer } from '../security/policy.ts';
import { securityTypes } from '../security/registry.ts';
import type { ClientSecurityContext, SecurityType } from '../security/security-type.ts';
import type { TlsConnector } from '../security/tls-port.ts';
import { ByteReader } from '../wire/byte-reader.ts';
import type { ByteStream } from '../wire/byte-stream.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import type { ClientEstablished } from './established.ts';
import { LiveStream } from './live-stream.ts';
import { hasSecurityResult, receiveReason, receiveSecurityResult } from './security-result.ts';

export interface ClientHandshakeOptions {
  readonly stream: ByteStream;
  /** What may be accepted. The first of the server's list that is among them is taken. */
  readonly accept: SecurityOffer;
  readonly credentials: ClientSecurityContext['credentials'];
  readonly tls?: TlsConnector;
  readonly limits: Limits;
  /** Share the desktop with other viewers. */
  readonly shared: boolean;
}

/**
 * Rejects with SecurityError, AuthenticationError, ProtocolError, ClosedError or TimeoutError, or with what
 * `credentials` threw. By then the connection was destroyed.
 */
export async function clientHandshake(options: ClientHandshakeOptions): Promise<ClientEstablished> {
  const live = new LiveStream(options.stream);
  try {
    return await runHandshake(options, live);
  } catch (error) {
    live.destroy();
    throw error;
  }
}

async function runHandshake(
  options: ClientHandshakeOptions,
  live: LiveStream,
): Promise<ClientEstablished> {
  const { stream, accept, credentials, tls, limits, shared } = options;
  const deadline = new StagedDeadline(limits.handshakeStageMs, limits.handshakeTotalMs, (error) =>
    live.destroy(error),
  );
  const reader = new ByteReader(stream);

  // 7.1.1 ProtocolVersion. A higher one than ours is answered with ours.
  const version = parseVersion(await deadline.run('version', reader.bytes(versionSize)));
  stream.write(versionBytes(version));

  // 7.1.2 Security.
  reader.phase = 'security';
  const type = await deadline.run(
    'security',
    version === '3.3' ? takeType(reader, accept, limits) : chooseType(reader, accept, limits),
  );

  // 7.2, the type's own exchange. A person may be asked for a password.
  reader.phase = 'authentication';
  const outcome = await deadline.runToEnd(
    () => reader.phase,
    type.client({
      reader,
      credentials,
      limits,
      subtypes: accept.subtypes,
      ...(tls === undefined ? {} : { tls: live.connector(tls) }),
    }),
  );

  // 7.1.3 SecurityResult.
  const inner = outcome.reader;
  if (hasSecurityResult(version, type.number, outcome)) {
    await deadline.run('authentication', receiveSecurityResult(inner, version, limits));
  }

  // 7.3.1 ClientInit, 7.3.2 ServerInit.
  inner.phase = 'init';
  const w = new ByteWriter();
  writeClientInit(w, { shared });
  w.send(inner.stream);
  const init = await deadline.run('init', receiveServerInit(inner, limits));

  inner.phase = 'session';
  const { subtype, tlsInfo } = outcome;
  const security = {
    type: type.number,
    name: subtype === undefined ? type.name : securityTypeName(subtype),
    ...(subtype === undefined ? {} : { subtype }),
    ...(tlsInfo === undefined ? {} : { tlsInfo }),
  };
  return { reader: inner, version, security, init, shared };
}

/** 3.3: the server decided. */
async function takeType(
  reader: ByteReader,
  accept: SecurityOffer,
  limits: Limits,
): Promise<SecurityType> {
  const number = await reader.u32();
  if (number === SecurityTypeNumber.Invalid) throw refusal(await receiveReason(reader, limits));
  return firstAccepted([number], accept, '3.3');
}

/** 3.7 and 3.8: the first of the server's list that is accepted here. */
async function chooseType(
  reader: ByteReader,
  accept: SecurityOffer,
  limits: Limits,
): Promise<SecurityType> {
  const count = checkLimit(limits, 'maxSecurityTypes', await reader.u8());
  if (count === 0) throw refusal(await receiveReason(reader, limits));
  const offered = Array.from(await reader.view(count));
  const type = firstAccepted(offered, accept);
  reader.stream.write(Uint8Array.of(type.number));
  return type;
}

function firstAccepted(
  offered: readonly number[],
  accept: SecurityOffer,
  version?: RfbVersion,
): SecurityType {
  const number = offered.find((type) => accept.types.includes(type));
  if (number === undefined) {
    const server = version === undefined ? 'the server' : `the server, of RFB ${version},`;
    throw new SecurityError(
      `${server} offers ${describeSecurityTypes(offered)}; allowed here: ${allowedTypes(accept)}`,
      { phase: 'security', cure: cureForTypes(offered.filter((type) => securityTypes.has(type))) },
    );
  }
  const type = securityTypes.get(number);
  assertInvariant(type !== undefined, `security type ${number} is accepted, so it is spoken`);
  return type;
}

/** With VeNCrypt's sub-types in its place: `VeNCrypt` alone says little. */
const allowedTypes = ({ types, subtypes }: SecurityOffer): string =>
  describeSecurityTypes(
    types.flatMap((type) => (type === SecurityTypeNumber.VeNCrypt ? subtypes : [type])),
  );

const refusal = (reason: string): SecurityError =>
  new SecurityError(
    reason === ''
      ? 'the server refused the connection, and gave no reason'
      : `the server refused the connection: ${reason}`,
    { code: ErrorCode.refused, phase: 'security' },
  );
