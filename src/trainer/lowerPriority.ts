import os from 'node:os';

// Imported before everything else: on Linux a thread has the priority that the thread had which started it, and libuv starts
// its threads with the first file that is read.
try {
  os.setPriority(os.constants.priority.PRIORITY_BELOW_NORMAL); // the editor stays smooth
} catch {
  // Some sandboxes forbid it; training works all the same.
}
