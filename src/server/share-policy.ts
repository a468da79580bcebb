/**
 * RFB 7.3.1, the shared flag of ClientInit, judged by the share policy. QEMU's table, with two differences: asking for the
 * desktop alone needs the right to (without it the flag is read as shared), and `ignore` is the default, because
 * gvncviewer always asks for exclusive access and TigerVNC does unless told otherwise.
 */
import type { SharePolicy } from './server.ts';

/** What becomes of a newcomer: it comes in, it is turned away, or it comes in and all others leave. */
export type ShareVerdict = 'admit' | 'refuse' | 'admit-alone';

export interface ShareRequest {
  readonly shared: boolean;
  /** It has the right `exclusive`. */
  readonly mayExclude: boolean;
}

export function judgeShare(
  policy: SharePolicy,
  request: ShareRequest,
  anExclusiveSessionLives: boolean,
): ShareVerdict {
  switch (policy) {
    case 'ignore':
      return 'admit';
    case 'force-shared':
      return request.shared ? 'admit' : 'refuse';
    case 'allow-exclusive':
      if (!request.shared && request.mayExclude) return 'admit-alone';
      return anExclusiveSessionLives ? 'refuse' : 'admit';
  }
}
