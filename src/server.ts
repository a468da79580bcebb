/** Entry point `sallyport/server`: serves a display on sockets, and what displays and access are built from. */
export {
  serve,
  type ServeAccess,
  type ServeOptions,
  type ServeTls,
  type Serving,
} from './node/serve.ts';
export { formatAddress, parseAddress, type Address } from './node/address.ts';
export { openFfmpeg, type FfmpegOptions } from './node/ffmpeg-encoder.ts';
export { openAudit, type Audit, type AuditOptions } from './node/audit.ts';
export {
  inheritedSockets,
  inheritListeners,
  type InheritedListener,
} from './node/socket-activation.ts';
export { startQemuDisplay, type QemuOptions } from './displays/qemu.ts';
export type { TlsCredentials, TlsIdentity } from './node/tls-context.ts';
export type { Reloadable, ReloadOutcome, ReloadReport } from './node/reload.ts';
export {
  openCredentialStore,
  type CredentialStore,
  type CredentialStoreOptions,
} from './node/credential-store.ts';
export {
  AccessFileError,
  openAccessPolicy,
  type AccessPolicy,
  type AccessPolicyOptions,
} from './node/access-policy.ts';
export type { ThrottleSettings } from './access/throttle.ts';
export { parseNetwork, type Network } from './access/networks.ts';
export { PasswordStore } from './access/passwords.ts';
export { UserStore } from './access/users.ts';
export { readPasswordFile, type PasswordFile } from './node/password-file.ts';
export { nodeScrypt, readUsersFile, type UsersFile } from './node/users-file.ts';
export { Emitter, type Unsubscribe } from './core/emitter.ts';
export { ClosedError, ErrorCode, SecurityError, VncError } from './core/errors.ts';
export type { Logger } from './core/logger.ts';
export { createTestCard, type TestCardOptions } from './displays/testcard.ts';
export { createUpstreamDisplay, type UpstreamOptions } from './displays/upstream.ts';
export type { CursorImage } from './pixels/cursor-image.ts';
export { Framebuffer } from './pixels/framebuffer.ts';
export { DesktopSizeStatus, Led } from './rfb/constants.ts';
export type { KeyEvent } from './rfb/messages/key-event.ts';
export type { Rectangle } from './rfb/rectangle.ts';
export { singleScreen, type Screen } from './rfb/screen.ts';
export {
  allRights,
  viewOnlyRights,
  type Identity,
  type Judgement,
  type Peer,
  type Rights,
} from './security/identity.ts';
export {
  describeProtection,
  parseSecurityList,
  type Protection,
  type SecurityOffer,
} from './security/policy.ts';
export type {
  VideoEncoder,
  VideoEncoderOptions,
  VideoEncoders,
  VideoFrame,
  VideoPacket,
} from './server/video-encoder.ts';
export type { Display, DisplayEvents, PointerInput, ViewerInfo } from './server/display.ts';
export {
  createServer,
  type By,
  type ServerEvents,
  type SharePolicy,
  type VncServer,
} from './server/server.ts';
