#!/usr/bin/env -S node --import tsx
// Stands in for the `code` executable in runTests({ vscodeExecutablePath }) where no desktop VS Code can be downloaded.
import './launcherMain.ts';
