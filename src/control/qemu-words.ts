/** The numbers and words that the QEMU Machine Protocol and QEMU option strings share. */

/** Where a display without a number of its own is counted from. */
export const FIRST_DISPLAY_PORT = 5900;
