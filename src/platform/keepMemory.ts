/**
 * glibc returns large buffers to the system after every operation and page faults are dear: with these two in its
 * environment TensorFlow trains up to 1.4 times as fast.
 */
export const KEEP_MEMORY = {
  MALLOC_MMAP_THRESHOLD_: '1099511627776',
  MALLOC_TRIM_THRESHOLD_: '1099511627776',
} as const;
