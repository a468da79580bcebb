/** Run by a test as a process of its own: starts a guest, tells the guest's process id, and stays until it is killed. */
import { startQemuDisplay } from '../../src/displays/qemu.ts';

const display = await startQemuDisplay({
  command: 'qemu-system-x86_64',
  args: ['-nodefaults', '-no-user-config', '-machine', 'pc', '-accel', 'tcg', '-m', '16', '-S'],
});
process.stdout.write(`${display.process.pid}\n`);
