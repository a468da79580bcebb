/**
 * The connections of a server in the monitor's words, those in their handshake too, and the events about them:
 * QEMU's VNC_CONNECTED, VNC_INITIALIZED and VNC_DISCONNECTED, and our X_VNC_AUTH_FAILED.
 */
import type { Serving } from '../node/serve.ts';
import type { Peer } from '../security/identity.ts';
import type { ViewerInfo } from '../server/display.ts';
import {
  listenerEndpoint,
  peerEndpoint,
  strongestAuth,
  webSocketEndpoint,
  webSocketOffer,
  type Endpoint,
} from './endpoint.ts';
import type { JsonObject } from './members.ts';

/** A VncClientInfo. */
export interface ClientInfo extends Endpoint {
  readonly x509_dname?: string;
  readonly sasl_username?: string;
}

export interface ConnectionInfo {
  readonly id: number;
  readonly client: ClientInfo;
  /** Where it came in; an endpoint of family `unknown` when it came by no listener of ours. */
  readonly server: Endpoint;
  /** Undefined during the handshake. */
  readonly viewer: ViewerInfo | undefined;
}

export interface Connections {
  readonly list: readonly ConnectionInfo[];
  readonly close: () => void;
}

const NOWHERE: Endpoint = { host: '', service: '', family: 'unknown', websocket: false };

/** Follows the server from now on. */
export function followConnections(
  serving: Pick<Serving, 'server' | 'listeners' | 'offer' | 'websocketAddresses' | 'websocketTls'>,
  emit: (event: string, data: JsonObject) => void,
): Connections {
  const { events } = serving.server;
  const open = new Map<number, ConnectionInfo>();

  const cameInBy = (id: number, peer: Peer): Endpoint => {
    const origin = serving.listeners.origin(id);
    if (origin !== undefined) return listenerEndpoint(origin.listener);
    if (peer.websocket !== true) return NOWHERE;
    // Which of several it was is not known.
    const [only, ...more] = serving.websocketAddresses;
    return only === undefined || more.length > 0
      ? { ...NOWHERE, websocket: true }
      : webSocketEndpoint(only);
  };
  const appear = (id: number, peer: Peer): ConnectionInfo => {
    const info: ConnectionInfo = {
      id,
      client: peerEndpoint(peer),
      server: cameInBy(id, peer),
      viewer: undefined,
    };
    open.set(id, info);
    return info;
  };
  const about = ({ server, client }: ConnectionInfo): JsonObject => ({
    server: {
      ...server,
      auth: strongestAuth(server.websocket ? webSocketOffer(serving) : serving.offer).name,
    },
    client,
  });

  const subscriptions = [
    events.on('connected', ({ id, peer }) => emit('VNC_CONNECTED', about(appear(id, peer)))),
    events.on('initialized', (viewer) => {
      const before = open.get(viewer.id);
      if (before === undefined) return;
      const info = { ...before, viewer, client: { ...before.client, ...proven(viewer) } };
      open.set(viewer.id, info);
      emit('VNC_INITIALIZED', about(info));
    }),
    events.on('authenticationfailed', ({ id, peer, reason }) => {
      const info = open.get(id) ?? appear(id, peer);
      emit('X_VNC_AUTH_FAILED', { ...about(info), reason });
    }),
    events.on('disconnected', ({ id, peer }) => {
      const info = open.get(id) ?? appear(id, peer);
      open.delete(id);
      emit('VNC_DISCONNECTED', about(info));
    }),
  ];
  return {
    get list() {
      return Array.from(open.values());
    },
    close: () => {
      for (const unsubscribe of subscriptions) unsubscribe();
    },
  };
}

/** A name that a password proved goes where QEMU puts SASL's: those who look there want to know who it is. */
function proven(viewer: ViewerInfo): Partial<ClientInfo> {
  const { distinguishedName, security, name } = viewer;
  return {
    ...(distinguishedName === undefined ? {} : { x509_dname: distinguishedName }),
    ...(/(?:Plain|SASL)$/.test(security) ? { sasl_username: name } : {}),
  };
}
