/** What to do about an error, a sentence for each code: used where whoever throws knows nothing better. */
import type { ErrorCode } from './errors.ts';

export const cures: Readonly<Record<ErrorCode, string>> = {
  ERR_VNC_PROTOCOL: 'report it to whoever makes the other end, with what it said',
  ERR_VNC_VERSION: 'see whether it is a VNC server that answers at this address and port',
  ERR_VNC_LIMIT: 'raise this limit, if the other end is right',
  ERR_VNC_NO_COMMON_TYPE: 'have the server offer a type that is allowed here',
  ERR_VNC_TYPE_NOT_OFFERED: 'use another viewer: this one is broken, or attacks',
  ERR_VNC_BYTES_BEFORE_TLS:
    'mistrust the network: something wrote into the connection before it was secured',
  ERR_VNC_TLS: 'compare the TLS versions and cipher suites of both ends',
  ERR_VNC_CERTIFICATE:
    'trust the authority that issued the certificate, or have another one issued',
  ERR_VNC_TLS_CONFIGURATION:
    'see that certificate, key, authorities and revocation lists are PEM and belong together',
  ERR_VNC_POLICY: 'choose what is stronger, or name what is weak',
  ERR_VNC_AUTHENTICATION: 'check user name and password',
  ERR_VNC_NOT_ALLOWED: 'ask whoever runs the server for the right to enter',
  ERR_VNC_REFUSED: 'follow the reason that the server gave, or try later',
  ERR_VNC_CLOSED: 'see whether the server runs, and what its log says',
  ERR_VNC_TIMEOUT: 'see whether the other end is reachable and alive, or allow more time',
};
