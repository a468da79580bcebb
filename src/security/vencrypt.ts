/**
 * VeNCrypt 0.2 (security type 19): a clear greeting, then a TLS door, then an inner type behind it.
 *
 * ```
 * S: u8 0, u8 2                   C: u8 0, u8 2
 * S: u8 0 (version taken), u8 n, n * u32 sub-type
 * C: u32 sub-type
 * S: u8 1, TLS handshake          not for 256 (Plain): viewers break when it has either
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
import { serveInsideTls } from './inside-tls.ts';
import { cureForTypes, describeSecurityTypes } from './names.ts';
import type {
  ClientSecurityContext,
  SecurityOutcome,
  SecurityType,
  ServerSecurityContext,
  ServerSecurityOutcome,
} from './security-type.ts';
import type { TlsAcceptor, TlsConnector, TlsInfo, TlsLayer, TlsUpgrade } from './tls-port.ts';
import { vencryptSubtypes, type Subtype } from './vencrypt-subtypes.ts';

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
  const { reader, tls } = context;
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

  return serveInsideTls(
    subtype.inner,
    { ...context, reader: inner, tlsInfo: info },
    tls.verifyClient,
  );
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
    outcome = await subtype.inner.client(named(context, subtype.name));
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
    const inside = { ...context, reader: inner, tlsInfo: info };
    outcome = await subtype.inner.client(named(inside, subtype.name, info));
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
    `the server offers ${describeSecurityTypes(offered)} inside VeNCrypt; allowed here: ${describeSecurityTypes(subtypes)}${withoutTls}`,
    {
      securityType: SecurityTypeNumber.VeNCrypt,
      phase: 'security',
      cure: cureForTypes(offered.filter((number) => vencryptSubtypes.has(number))),
    },
  );
}

/** The same context, in which the inner type asks for credentials by the sub-type's name. */
function named(
  context: ClientSecurityContext,
  security: string,
  tlsInfo?: TlsInfo,
): ClientSecurityContext {
  return {
    ...context,
    credentials: (request) =>
      context.credentials({ ...request, security, ...(tlsInfo === undefined ? {} : { tlsInfo }) }),
  };
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
