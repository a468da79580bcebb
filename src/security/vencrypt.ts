/**
 * VeNCrypt 0.2 (security type 19): a clear greeting, then a TLS door, then an inner type behind it.
 *
 * ```
 * S: u8 0, u8 2                   C: u8 0, u8 2
 * S: u8 0 (version taken), u8 n, n * u32 sub-type
 * C: u32 sub-type
 * S: u8 1, TLS handshake          257..262 only: 256 (Plain) has neither, and viewers break when it has
 * inner exchange, then always a SecurityResult, even if the inner type is None and the version is 3.7
 * ```
 * INVARIANT: nothing is left of the clear bytes when TLS starts, and a new reader reads what comes out of it.
 * @rfb security-type 19 VeNCrypt | version 0.2 only
 */
import { assertInvariant, ErrorCode, ProtocolError, SecurityError } from '../core/errors.ts';
import { checkLimit } from '../core/limits.ts';
import { SecurityTypeNumber } from '../rfb/constants.ts';
import { ByteReader } from '../wire/byte-reader.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { judgeCertificate } from './client-certificate.ts';
import { securityTypeNames } from './names.ts';
import { none } from './none.ts';
import type {
  ClientSecurityContext,
  SecurityOutcome,
  SecurityType,
  ServerSecurityContext,
  ServerSecurityOutcome,
} from './security-type.ts';
import type { TlsAcceptor, TlsConnector, TlsLayer, TlsUpgrade } from './tls-port.ts';
import { vencryptSubtypes, type Subtype } from './vencrypt-subtypes.ts';
import { denyAll } from './verdict.ts';

const VersionAnswer = { Taken: 0, Refused: 1 } as const;
/** The other way round than the answer to the version. */
const SubtypeAnswer = { Refused: 0, StartTls: 1 } as const;

export const vencrypt: SecurityType = {
  number: SecurityTypeNumber.VeNCrypt,
  name: 'VeNCrypt',
  server,
  client,
};

async function server(context: ServerSecurityContext): Promise<ServerSecurityOutcome> {
  const { reader, subtypes } = context;
  const { stream } = reader;
  reader.phase = 'security';

  stream.write(Uint8Array.of(0, 2));
  const version = await reader.cursor(2);
  const [major, minor] = [version.u8(), version.u8()];
  if (major !== 0 || minor !== 2) {
    stream.write(Uint8Array.of(VersionAnswer.Refused));
    throw new SecurityError(`the viewer wants VeNCrypt ${major}.${minor}, and only 0.2 is spoken`, {
      securityType: SecurityTypeNumber.VeNCrypt,
      phase: 'security',
    });
  }

  // One write: Nova's proxy wants the answer and the whole list in one segment.
  const list = new ByteWriter().u8(VersionAnswer.Taken).u8(subtypes.length);
  for (const number of subtypes) list.u32(number);
  list.send(stream);

  const chosen = await reader.u32();
  const subtype = vencryptSubtypes.get(chosen);
  if (subtype === undefined || !subtypes.includes(chosen)) {
    stream.write(Uint8Array.of(SubtypeAnswer.Refused));
    throw new SecurityError(`the viewer chose VeNCrypt sub-type ${chosen}, which was not offered`, {
      code: ErrorCode.typeNotOffered,
      securityType: chosen,
      phase: 'security',
    });
  }

  const outcome =
    subtype.layer === 'clear'
      ? await runClear(subtype, context)
      : await runInsideTls(subtype, subtype.layer, context);
  return { ...outcome, subtype: chosen, alwaysResult: true };
}

function runClear(
  subtype: Subtype,
  context: ServerSecurityContext,
): Promise<ServerSecurityOutcome> {
  context.reader.phase = 'authentication';
  return subtype.inner.server(context);
}

async function runInsideTls(
  subtype: Subtype,
  layer: TlsLayer,
  context: ServerSecurityContext,
): Promise<ServerSecurityOutcome> {
  const { reader, tls, authenticator, peer } = context;
  if (tls === undefined || !tls.layers.has(layer)) {
    reader.stream.write(Uint8Array.of(SubtypeAnswer.Refused));
    throw new SecurityError(`${subtype.name} needs TLS (${layer}), which is not available`, {
      code: ErrorCode.tls,
      securityType: subtype.number,
      phase: 'tls',
    });
  }
  // A viewer waits for the word to start TLS: what came before it is either broken or an injection.
  reader.assertEmptyBeforeTls();
  reader.stream.write(Uint8Array.of(SubtypeAnswer.StartTls));
  const { inner, info } = await enterTls(reader, layer, tls.accept);

  // A viewer with a bad certificate goes through the inner exchange to its end, and so cannot tell that its password
  // was not even looked at.
  const refusal = await judgeCertificate(tls.verifyClient, info, authenticator, peer);
  const certificate =
    tls.verifyClient !== 'off' && info.peerCertificate?.verified === true
      ? info.peerCertificate
      : undefined;
  const outcome = await subtype.inner.server({
    ...context,
    reader: inner,
    peer: certificate === undefined ? peer : { ...peer, certificate },
    authenticator: refusal === undefined ? authenticator : denyAll(refusal),
    tlsInfo: info,
  });
  if (refusal !== undefined) return { reader: inner, tlsInfo: info, denied: refusal };
  if (outcome.denied !== undefined) return { ...outcome, tlsInfo: info };
  if (certificate === undefined) return { ...outcome, tlsInfo: info };
  // With nothing asked for inside, the certificate is all that says who it is.
  const { distinguishedName } = certificate;
  const name = subtype.inner === none ? distinguishedName : outcome.identity.name;
  return {
    ...outcome,
    tlsInfo: info,
    identity: { ...outcome.identity, name, distinguishedName, certificate },
  };
}

async function client(context: ClientSecurityContext): Promise<SecurityOutcome> {
  const { reader, limits, tls } = context;
  const { stream } = reader;
  reader.phase = 'security';

  const version = await reader.cursor(2);
  const [major, minor] = [version.u8(), version.u8()];
  if (major !== 0 || minor !== 2) {
    // 0.0 is the word for "none of these".
    stream.write(Uint8Array.of(0, 0));
    throw new SecurityError(`the server speaks VeNCrypt ${major}.${minor}, and only 0.2 is known`, {
      securityType: SecurityTypeNumber.VeNCrypt,
      phase: 'security',
    });
  }
  stream.write(Uint8Array.of(0, 2));
  if ((await reader.u8()) !== VersionAnswer.Taken) {
    throw new SecurityError('the server refused the VeNCrypt version that it offered', {
      securityType: SecurityTypeNumber.VeNCrypt,
      phase: 'security',
    });
  }

  const count = checkLimit(limits, 'maxVeNCryptSubtypes', await reader.u8());
  const list = await reader.cursor(4 * count);
  const offered = Array.from({ length: count }, () => list.u32());
  const subtype = chooseSubtype(offered, context);
  new ByteWriter().u32(subtype.number).send(stream);

  let outcome: SecurityOutcome;
  if (subtype.layer === 'clear') {
    reader.phase = 'authentication';
    outcome = await subtype.inner.client(context);
  } else {
    assertInvariant(tls !== undefined, 'a TLS sub-type is chosen only where there is TLS');
    const answer = await reader.u8();
    if (answer === SubtypeAnswer.Refused) {
      throw new SecurityError(`the server cannot start TLS for ${subtype.name}`, {
        code: ErrorCode.tls,
        securityType: subtype.number,
        phase: 'tls',
      });
    }
    if (answer !== SubtypeAnswer.StartTls) {
      throw new ProtocolError(`VeNCrypt answer to the sub-type is ${answer}, neither 0 nor 1`, {
        field: 'VeNCrypt.ack',
        got: answer,
        phase: 'security',
      });
    }
    reader.assertEmptyBeforeTls();
    // Returns only when the server is verified: credentials are not even asked for before (CVE-2011-1775).
    const { inner, info } = await enterTls(reader, subtype.layer, tls.connect);
    outcome = await subtype.inner.client({ ...context, reader: inner, tlsInfo: info });
    outcome = { ...outcome, tlsInfo: info };
  }
  return { ...outcome, subtype: subtype.number, alwaysResult: true };
}

/** The first of the server's list that is accepted here, and for which there is TLS. */
function chooseSubtype(offered: readonly number[], context: ClientSecurityContext): Subtype {
  const { subtypes, tls } = context;
  for (const number of offered) {
    const subtype = subtypes.includes(number) ? vencryptSubtypes.get(number) : undefined;
    if (subtype === undefined) continue;
    if (subtype.layer === 'clear' || tls?.layers.has(subtype.layer) === true) return subtype;
  }
  const withoutTls = tls === undefined ? ', and there is no TLS here' : '';
  throw new SecurityError(
    `the server offers ${securityTypeNames(offered)} inside VeNCrypt; allowed here: ${securityTypeNames(subtypes)}${withoutTls}`,
    { securityType: SecurityTypeNumber.VeNCrypt, phase: 'security' },
  );
}

/** Through the door: a new stream, a new reader. */
async function enterTls(
  reader: ByteReader,
  layer: TlsLayer,
  upgrade: TlsAcceptor['accept'] | TlsConnector['connect'],
): Promise<{ inner: ByteReader; info: TlsUpgrade['info'] }> {
  reader.phase = 'tls';
  const { stream, info } = await upgrade(reader.stream, layer);
  assertInvariant(info.layer === layer, 'TLS has the layer that was asked for');
  const inner = new ByteReader(stream);
  // The handshake's deadline still looks at the first reader for the phase.
  inner.phase = reader.phase = 'authentication';
  return { inner, info };
}
