/**
 * RFB 7.2.1 None: no exchange at all. The authenticator may still say no, because of where the peer comes from.
 * @rfb security-type 1 None | refused off loopback unless asked for by name
 */
import { SecurityTypeNumber } from '../rfb/constants.ts';
import type { SecurityType } from './security-type.ts';
import { verdictOf } from './verdict.ts';

export const none: SecurityType = {
  number: SecurityTypeNumber.None,
  name: 'None',

  async server({ reader, peer, authenticator }) {
    return { reader, ...(await verdictOf(authenticator.anyone(peer))) };
  },

  client: ({ reader }) => Promise.resolve({ reader }),
};
