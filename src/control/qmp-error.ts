/** An error as the QEMU Machine Protocol tells it: a class that programs look at, and a sentence. */

/** QEMU's classes. All but the first are for programs that must tell the case apart. */
export type QmpErrorClass =
  | 'GenericError'
  | 'CommandNotFound'
  | 'DeviceNotActive'
  | 'DeviceNotFound'
  | 'KVMMissingCap';

export class QmpError extends Error {
  readonly errorClass: string;

  constructor(message: string, errorClass: QmpErrorClass | (string & {}) = 'GenericError') {
    super(message);
    this.name = 'QmpError';
    this.errorClass = errorClass;
  }
}
