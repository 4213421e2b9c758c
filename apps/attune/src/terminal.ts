import type { CliSettings } from '@attune/platform';
import type { Io } from './command.js';

/** The streams, settings and interrupts of this process. */
export function processIo(version: string): Io {
  // A reader that has seen enough (`attune jobs logs … | head`) is no fault of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  let interrupt: AbortController | undefined;
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    fetch,
    version,
    get signal() {
      interrupt ??= abortOnInterrupt();
      return interrupt.signal;
    },
    settings,
  };
}

/** The first interrupt stops the command in good order; the second ends the process as usual. */
function abortOnInterrupt(): AbortController {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  return controller;
}

async function settings(): Promise<CliSettings> {
  // The whole platform takes two seconds to load, and most commands need its settings alone.
  const { cliSettings } = await import('@attune/platform/config');
  return cliSettings();
}
