/** A guest that boots GRUB's rescue image: the real input that tests look at and type into. */
import type { Framebuffer } from '../../src/pixels/framebuffer.ts';
import type { Rectangle } from '../../src/rfb/rectangle.ts';

export const qemuCommand = 'qemu-system-x86_64';
export const grubImage = '/usr/lib/grub-rescue/grub-rescue-cdrom.iso';

/** The least machine, without a disk. */
export const bareMachine: readonly string[] =
  '-nodefaults -no-user-config -machine pc -accel tcg'.split(' ');

export const grubMachine: readonly string[] = [
  ...bareMachine,
  ...['-m', '64', '-vga', 'std', '-cdrom', grubImage, '-boot', 'd'],
];

/** Where GRUB writes its title, its prompt and what is typed first, in a text screen of 720x400. */
export const grubTitle: Rectangle = { x: 206, y: 16, width: 300, height: 16 };
export const grubPrompt: Rectangle = { x: 0, y: 128, width: 8, height: 16 };
export const grubTyped: Rectangle = { x: 54, y: 128, width: 9, height: 12 };

/** Whether anything stands there. A blinking cursor fills the lowest rows of a cell only. */
export const lit = (picture: Framebuffer, where: Rectangle): boolean =>
  picture.width === 720 && picture.get(where).some((pixel) => pixel !== 0xff000000);
