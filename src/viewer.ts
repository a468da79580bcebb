/** What the entry point `sallyport` has on Node and in browsers alike. Only `connect`, and files of Node's, differ. */
export type { ClientVerbs, Verb, VncSession } from './client/automation/verbs.ts';
export { hashPicture, type PictureHash } from './client/automation/picture-hash.ts';
export {
  connectClient,
  type ClientEvents,
  type ClientOptions,
  type VncClient,
} from './client/client.ts';
export type { LoginCredentials } from './client/login.ts';
export type { PowerAction } from './client/power.ts';
export {
  isTransient,
  reconnecting,
  type Reconnecting,
  type ReconnectEvents,
  type ReconnectOptions,
} from './client/reconnect.ts';
export { click, doubleClick, drag, move, scroll } from './client/automation/pointer.ts';
export type {
  ButtonOptions,
  DragOptions,
  Point,
  PointerOptions,
} from './client/automation/pointer.ts';
export {
  InputLostError,
  UntypableError,
  type InputOutcome,
} from './client/automation/input-outcome.ts';
export { parseKeys } from './client/automation/chord.ts';
export {
  holdKeys,
  pressKeys,
  releaseKeys,
  type KeyOptions,
  type Pressed,
  type PressOptions,
} from './client/automation/keys.ts';
export { pasteText } from './client/automation/paste.ts';
export type { LayoutName } from './client/automation/layouts/layout.ts';
export { encodePng } from './client/automation/picture-file.ts';
export { scalePicture } from './client/automation/scale.ts';
export {
  screenshot,
  type Picture,
  type ScreenshotOptions,
} from './client/automation/screenshot.ts';
export { typeText, type Typed, type TypeTextOptions } from './client/automation/type-text.ts';
export {
  waitForChange,
  waitForRegion,
  waitForStable,
  type WaitForChangeOptions,
  type WaitForRegionOptions,
  type WaitForStableOptions,
} from './client/automation/wait.ts';
export type { WaitLimits } from './client/automation/wait-for.ts';
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
export type { ClientCredentials, CredentialsRequest } from './security/security-type.ts';
export type { PeerCertificate, TlsInfo } from './security/tls-port.ts';
export type { ByteStream } from './wire/byte-stream.ts';
