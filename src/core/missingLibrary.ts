/** As the loaders of Linux, macOS and Windows and Node say what they miss; the name where they say it. */
const SAYINGS = [
  /version [`'‘]((?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)['’] not found/,
  /error while loading shared libraries: ([^\s:]+):/,
  /([^\s/:'"]+\.so(?:\.\d+)*): cannot open shared object file/,
  /Library not loaded: (?:\S*\/)?(\S+)/,
  /Cannot find module '(?:[^']*[\\/])?([^'\\/]+)'/,
  /(?:[^\s'"]*[\\/])?([^\s\\/'"]+\.node): (?:invalid ELF header|file too short|wrong ELF class|undefined symbol)/,
  /(?:Error: |\\\\\?\\)?(?:[^\s'"]*[\\/])?([^\s\\/'"]+\.node)[^\n]*\n?[^\n]*ERR_DLOPEN_FAILED/,
];
const WITHOUT_NAME = /ERR_DLOPEN_FAILED|The specified module could not be found|is not a valid Win32 application/;

/** Whether a loader complains of a library in what a program said. @returns its name where that is told */
export function missingLibrary(said: string): { readonly name: string | undefined } | undefined {
  for (const saying of SAYINGS) {
    const name = saying.exec(said)?.[1];
    if (name !== undefined) return { name };
  }
  return WITHOUT_NAME.test(said) ? { name: undefined } : undefined;
}

/** What helps against a library that is not there, or not for this system. */
export function libraryAdvice(name: string | undefined): string {
  if (/tensorflow|tfjs/i.test(name ?? '')) return 'Set up TensorFlow again (Face Trainer: Set Up TensorFlow).';
  if (/GLIBC|CXXABI/.test(name ?? ''))
    return 'This system is older than those that Face Trainer is built for: build it here (npm run build:native), or use a newer one.';
  return 'Install the library with the system’s packages, or install Face Trainer again, for this system and processor.';
}
