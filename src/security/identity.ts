/** Who a peer proved to be, and what it may therefore do. */
import type { PeerCertificate, TlsInfo } from './tls-port.ts';

/** What a viewer may do. */
export interface Rights {
  readonly view: boolean;
  readonly pointer: boolean;
  readonly keyboard: boolean;
  /** From the viewer to the display, and the other way. */
  readonly clipboardIn: boolean;
  readonly clipboardOut: boolean;
  readonly resize: boolean;
  /** Shut down, reboot, reset. */
  readonly power: boolean;
  /** Send the others away, where the share policy has that. */
  readonly exclusive: boolean;
}

/** Everything. */
export const allRights: Rights = Object.freeze({
  view: true,
  pointer: true,
  keyboard: true,
  clipboardIn: true,
  clipboardOut: true,
  resize: true,
  power: true,
  exclusive: true,
});

/** Look on, and copy what is shown. */
export const viewOnlyRights: Rights = Object.freeze({
  view: true,
  pointer: false,
  keyboard: false,
  clipboardIn: false,
  clipboardOut: true,
  resize: false,
  power: false,
  exclusive: false,
});

export const sameRights = (a: Rights, b: Rights): boolean =>
  (Object.keys(a) as (keyof Rights)[]).every((name) => a[name] === b[name]);

/** Only what was proven: nothing here is a peer's mere claim. */
export interface Identity {
  /** For people and logs: `alice`, a DN, `password`, `anyone`. */
  readonly name: string;
  /** User name that a Plain exchange proved. */
  readonly username?: string;
  /** Distinguished name of a verified client certificate, in the order of the certificate. */
  readonly distinguishedName?: string;
  /** That certificate, for whoever decides about this person again when the policy changed. */
  readonly certificate?: PeerCertificate;
  /** Which VNC password it was, where they have names; never the password. */
  readonly passwordName?: string;
  readonly rights: Rights;
}

/** What is said of a person who was let in before, when the policy may have changed since. */
export type Judgement =
  | { readonly rights: Rights; readonly denied?: undefined }
  /** Why not any more, for our log. */
  | { readonly denied: string };

/** Where a connection comes from. */
export interface Peer {
  /** `127.0.0.1:40112`, `[::1]:40112`, `unix`; for logs. */
  readonly address: string;
  /** The host part alone; empty for unix sockets and pairs in memory. */
  readonly host: string;
  /** Loopback, unix socket or memory: nobody else can listen in. */
  readonly local: boolean;
  /** It came through a WebSocket. */
  readonly websocket?: boolean;
  /** TLS around the whole connection, handshake and all, as in wss: there is none inside VeNCrypt then. */
  readonly tls?: TlsInfo;
  /** Its verified certificate, once TLS is on: an authenticator can decide on it and a user name together. */
  readonly certificate?: PeerCertificate;
}
