/** The numbers of RFB and their names, in the specification's words. Value and type share a name. */

/** RFB 7.1.2, security types. */
export const SecurityTypeNumber = {
  Invalid: 0,
  None: 1,
  VncAuth: 2,
  VeNCrypt: 19,
} as const;

/** VeNCrypt 0.2 sub-types. 263 and 264 follow the deployed code, not rfbproto's text. */
export const VeNCryptSubtype = {
  Plain: 256,
  TLSNone: 257,
  TLSVnc: 258,
  TLSPlain: 259,
  X509None: 260,
  X509Vnc: 261,
  X509Plain: 262,
  X509SASL: 263,
  TLSSASL: 264,
} as const;

/** RFB 7.1.3. */
export const SecurityResult = { Ok: 0, Failed: 1, TooManyAttempts: 2 } as const;

/** RFB 7.5, client to server. */
export const ClientMessageType = {
  SetPixelFormat: 0,
  SetEncodings: 2,
  FramebufferUpdateRequest: 3,
  KeyEvent: 4,
  PointerEvent: 5,
  ClientCutText: 6,
  EnableContinuousUpdates: 150,
  ClientFence: 248,
  Xvp: 250,
  SetDesktopSize: 251,
  Qemu: 255,
} as const;

/** RFB 7.6, server to client. */
export const ServerMessageType = {
  FramebufferUpdate: 0,
  SetColourMapEntries: 1,
  Bell: 2,
  ServerCutText: 3,
  EndOfContinuousUpdates: 150,
  ServerFence: 248,
  Xvp: 250,
} as const;

/** RFB 7.7 encodings and 7.8 pseudo-encodings, signed. */
export const Encoding = {
  Raw: 0,
  CopyRect: 1,
  RRE: 2,
  CoRRE: 4,
  Hextile: 5,
  Zlib: 6,
  Tight: 7,
  TRLE: 15,
  ZRLE: 16,
  ZYWRLE: 17,
  OpenH264: 50,
  // Pseudo-encodings.
  JpegQualityLevel9: -23,
  JpegQualityLevel0: -32,
  JpegFineQuality100: -412,
  JpegFineQuality0: -512,
  JpegSubsampling16X: -763,
  JpegSubsampling1X: -768,
  DesktopSize: -223,
  LastRect: -224,
  Cursor: -239,
  XCursor: -240,
  CompressionLevel9: -247,
  CompressionLevel0: -256,
  QemuPointerMotionChange: -257,
  QemuExtendedKeyEvent: -258,
  QemuLedState: -261,
  TightPng: -260,
  DesktopName: -307,
  ExtendedDesktopSize: -308,
  Xvp: -309,
  Fence: -312,
  ContinuousUpdates: -313,
  CursorWithAlpha: -314,
  ExtendedMouseButtons: -316,
  /** 0xC0A1E5CE. */
  ExtendedClipboard: -1063131698,
} as const;

const names = new Map<number, string>(
  Object.entries(Encoding).map(([name, number]) => [number, name]),
);

/** Name for logs: `ZRLE`, `JpegQualityLevel5`, or the number. */
export function encodingName(encoding: number): string {
  if (encoding >= -32 && encoding <= -23) return `JpegQualityLevel${encoding + 32}`;
  if (encoding >= -256 && encoding <= -247) return `CompressionLevel${encoding + 256}`;
  return names.get(encoding) ?? String(encoding);
}

/** Flags of the QEMU LED state pseudo-encoding (-261). */
export const Led = { ScrollLock: 1, NumLock: 2, CapsLock: 4 } as const;

/** ExtendedDesktopSize (-308): who caused a change (the rectangle's x) and how a request went (its y). */
export const DesktopSizeReason = { Server: 0, ThisClient: 1, OtherClient: 2 } as const;
/** How a request for another size went (RFB 7.8.2). */
export const DesktopSizeStatus = {
  Ok: 0,
  Prohibited: 1,
  OutOfResources: 2,
  InvalidLayout: 3,
  Forwarded: 4,
} as const;

/** Flags of ClientFence and ServerFence. */
export const FenceFlag = {
  /** All messages before it are dealt with before it is answered. */
  BlockBefore: 1,
  /** It is answered before any message behind it is dealt with. */
  BlockAfter: 2,
  /** The message behind it is dealt with right after the answer. */
  SyncNext: 4,
  /** This is a request; without the bit, an answer. */
  Request: 0x80000000,
} as const;

/** What xvp messages (250) say: Fail and Init come from the server. */
export const XvpCode = { Fail: 0, Init: 1, Shutdown: 2, Reboot: 3, Reset: 4 } as const;

/** Formats of the extended clipboard. */
export const ClipboardFormat = { Text: 1, Rtf: 2, Html: 4, Dib: 8, Files: 16 } as const;

/** Actions of the extended clipboard. */
export const ClipboardAction = {
  Caps: 0x01000000,
  Request: 0x02000000,
  Peek: 0x04000000,
  Notify: 0x08000000,
  Provide: 0x10000000,
} as const;
