/** Entry point `sallyport`: a viewer for programs, and the types and errors that both ends share. */
export { connect, type ConnectOptions } from './node/connect.ts';
export type { ClientEvents, VncClient } from './client/client.ts';
export { Emitter, type Unsubscribe } from './core/emitter.ts';
export {
  AuthenticationError,
  ClosedError,
  ErrorCode,
  LimitError,
  ProtocolError,
  SecurityError,
  TimeoutError,
  VncError,
  type Phase,
} from './core/errors.ts';
export { defaultLimits, type Limits } from './core/limits.ts';
export { silentLogger, type LogFields, type Logger } from './core/logger.ts';
export { Secret } from './core/secret.ts';
export type { SecuritySummary } from './handshake/established.ts';
export type { CursorImage } from './pixels/cursor-image.ts';
export { Framebuffer } from './pixels/framebuffer.ts';
export { DesktopSizeStatus, Encoding, Led } from './rfb/constants.ts';
export type { KeyEvent } from './rfb/messages/key-event.ts';
export type { PixelFormat } from './rfb/pixel-format.ts';
export type { Rectangle } from './rfb/rectangle.ts';
export type { Screen } from './rfb/screen.ts';
export { parseSecurityList, type SecurityOffer } from './security/policy.ts';
export type { PeerCertificate, TlsInfo } from './security/tls-port.ts';
