/**
 * SASL (RFC 4422) as QEMU frames it, inside VeNCrypt's X509SASL and TLSSASL. We log in by SCRAM or PLAIN; our server takes
 * PLAIN, since its users are stored as hashes that SCRAM has no use for. Neither puts a layer of its own on the stream.
 *
 * ```
 * S: u32 length, mechanisms with commas between
 * C: u32 length, mechanism, DATA                 DATA: u32 0 for none at all; else u32 length, bytes, NUL; the NUL is counted
 * S: DATA, u8 complete                           until it is 1: C: DATA, S: DATA, u8 complete
 * ```
 */
import {
  assertInvariant,
  AuthenticationError,
  ClosedError,
  ErrorCode,
  ProtocolError,
  SecurityError,
} from '../core/errors.ts';
import { checkLimit, type Limits } from '../core/limits.ts';
import type { ByteReader } from '../wire/byte-reader.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import { fromLatin1, latin1, printable } from '../wire/text.ts';
import { checkCredentials, judgeLogin } from './plain.ts';
import { saslPlain, type SaslMechanism } from './sasl-mechanism.ts';
import { scramMechanisms } from './scram.ts';
import type {
  ClientSecurityContext,
  SecurityOutcome,
  SecurityType,
  ServerSecurityContext,
  ServerSecurityOutcome,
} from './security-type.ts';
import type { Verdict } from './verdict.ts';

/** RFC 4422, section 3.1. */
const MAX_NAME_BYTES = 20;

export const sasl: SecurityType = {
  /** As a type of its own, in clear text, it is not spoken. */
  number: 20,
  name: 'SASL',
  server,
  client,
};

async function server(context: ServerSecurityContext): Promise<ServerSecurityOutcome> {
  const { reader, tlsInfo, limits } = context;
  const { stream } = reader;
  assertInvariant(tlsInfo !== undefined, 'PLAIN is offered inside TLS only');

  const list = latin1(saslPlain.name);
  new ByteWriter().u32(list.length).bytes(list).send(stream);

  const length = await reader.u32();
  if (length < 1 || length > MAX_NAME_BYTES) {
    throw new ProtocolError(`a SASL mechanism's name of ${length} bytes`, {
      field: 'SASL.mechlen',
      got: length,
      phase: 'authentication',
    });
  }
  const name = fromLatin1(await reader.view(length));
  if (name !== saslPlain.name) {
    throw new SecurityError(
      `the viewer chose the SASL mechanism ${printable(name)}, which was not offered`,
      { code: ErrorCode.typeNotOffered, phase: 'authentication' },
    );
  }

  let message = await readData(reader, limits);
  if (message === undefined) {
    // A client may wait to be asked, and the question is empty (RFC 4422, section 5.1).
    writeData(new ByteWriter(), new Uint8Array()).u8(0).send(stream);
    message = await readData(reader, limits);
  }
  const verdict = await judgePlain(message ?? new Uint8Array(), context);
  // Who is denied hears it from the SecurityResult, as from every other type. (QEMU closes without a word.)
  writeData(new ByteWriter(), undefined).u8(1).send(stream);
  return { reader, ...verdict };
}

/** `[authorization name] NUL user name NUL password` (RFC 4616). */
async function judgePlain(
  message: Uint8Array,
  { authenticator, peer, limits }: ServerSecurityContext,
): Promise<Verdict> {
  const first = message.indexOf(0);
  const second = message.indexOf(0, first + 1);
  if (first < 0 || second < 0) {
    return { denied: new AuthenticationError('malformed SASL PLAIN message') };
  }
  const username = message.subarray(first + 1, second);
  const password = message.subarray(second + 1);
  for (const { length } of [username, password]) checkLimit(limits, 'maxPlainBytes', length);
  const actsFor = message.subarray(0, first);
  if (actsFor.length > 0 && fromLatin1(actsFor) !== fromLatin1(username)) {
    return { denied: new AuthenticationError('the viewer wants to act for another user') };
  }
  return judgeLogin(username, password, authenticator, peer);
}

async function client(context: ClientSecurityContext): Promise<SecurityOutcome> {
  const { reader, limits, credentials } = context;
  const { stream } = reader;

  const length = checkLimit(limits, 'maxSaslBytes', await reader.u32());
  const offered = fromLatin1(await reader.view(length)).split(',');
  const mechanism = chooseMechanism(offered, context);
  const login = checkCredentials(
    await credentials({ username: true, password: true, security: 'SASL' }),
  );

  const dialogue = mechanism.begin(login);
  const name = latin1(mechanism.name);
  const start = new ByteWriter().u32(name.length).bytes(name);
  writeData(start, dialogue.first).send(stream);
  for (;;) {
    const { data, complete } = await readAnswer(reader, limits);
    // What a server has nothing to say with, it may send as nothing or as empty.
    const silent = data === undefined || data.length === 0;
    if (complete && silent) break;
    const next = await dialogue.answer(data ?? new Uint8Array());
    if (complete) break;
    writeData(new ByteWriter(), next.length === 0 ? undefined : next).send(stream);
  }
  if (!dialogue.isSatisfied()) {
    throw new AuthenticationError(
      `the server ends ${mechanism.name} without showing that it knows the password`,
    );
  }
  return { reader };
}

/** The strongest that both have. PLAIN is not among ours outside TLS. */
function chooseMechanism(
  offered: readonly string[],
  { tlsInfo }: ClientSecurityContext,
): SaslMechanism {
  const ours = [...scramMechanisms(), saslPlain].filter(
    ({ revealsPassword }) => !revealsPassword || tlsInfo !== undefined,
  );
  const chosen = ours.find(({ name }) => offered.includes(name));
  if (chosen !== undefined) return chosen;
  throw new SecurityError(
    `the server offers the SASL mechanisms ${printable(offered.join(', ')) || 'none'}; known here: ${ours.map(({ name }) => name).join(', ')}`,
    { phase: 'authentication', cure: "have the server's SASL offer SCRAM-SHA-256" },
  );
}

async function readAnswer(
  reader: ByteReader,
  limits: Limits,
): Promise<{ data: Uint8Array | undefined; complete: boolean }> {
  let data: Uint8Array | undefined;
  try {
    data = await readData(reader, limits);
  } catch (error) {
    if (!(error instanceof ClosedError)) throw error;
    throw new AuthenticationError(
      'the server closed the connection during SASL, as QEMU does for a wrong user name or password',
      { cause: error },
    );
  }
  const complete = await reader.u8();
  if (complete > 1) {
    throw new ProtocolError(`SASL completion is ${complete}, neither 0 nor 1`, {
      field: 'SASL.complete',
      got: complete,
      phase: 'authentication',
    });
  }
  return { data, complete: complete === 1 };
}

/** Undefined for none at all, which is not the same as empty. */
async function readData(reader: ByteReader, limits: Limits): Promise<Uint8Array | undefined> {
  const length = checkLimit(limits, 'maxSaslBytes', await reader.u32());
  if (length === 0) return undefined;
  const bytes = await reader.bytes(length);
  if (bytes[length - 1] !== 0) {
    throw new ProtocolError('SASL data does not end in NUL', {
      field: 'SASL.data',
      got: bytes[length - 1]!,
      phase: 'authentication',
    });
  }
  return bytes.subarray(0, length - 1);
}

const writeData = (writer: ByteWriter, data: Uint8Array | undefined): ByteWriter =>
  data === undefined
    ? writer.u32(0)
    : writer
        .u32(data.length + 1)
        .bytes(data)
        .u8(0);
