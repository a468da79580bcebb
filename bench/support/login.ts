/** One login, up to ServerInit: the same generator for every server. */
import { Secret } from '../../src/core/secret.ts';
import { defaultLimits } from '../../src/core/limits.ts';
import { clientHandshake } from '../../src/handshake/client.ts';
import type { ClientEstablished } from '../../src/handshake/established.ts';
import { dial } from '../../src/node/dial.ts';
import { createTlsConnector } from '../../src/node/tls-connector.ts';
import type { TlsVersion } from '../../src/node/tls-context.ts';
import { parseSecurityList } from '../../src/security/policy.ts';
import type { TlsConnector } from '../../src/security/tls-port.ts';

export interface LoginOptions {
  readonly port: number;
  readonly mode: string;
  readonly username: string;
  readonly password: string;
  readonly tls: TlsConnector;
}

/** Verifies the server by the authority of the run. TLS 1.2 or 1.3, as the server likes, unless told. */
export const connectorFor = (ca: string, maxVersion: TlsVersion = 'TLSv1.3'): TlsConnector =>
  createTlsConnector({ ca, serverName: '127.0.0.1', maxVersion });

export async function login(options: LoginOptions): Promise<ClientEstablished> {
  const stream = await dial({ kind: 'tcp', host: '127.0.0.1', port: options.port }, {});
  try {
    return await clientHandshake({
      stream,
      accept: parseSecurityList(options.mode),
      credentials: () =>
        Promise.resolve({ username: options.username, password: new Secret(options.password) }),
      tls: options.tls,
      limits: defaultLimits,
      shared: true,
    });
  } catch (error) {
    stream.destroy();
    throw error;
  }
}
