import { UsageError } from './arguments.js';
import { EXIT, type Command, type ExitCode, type Io } from './command.js';
import { backup } from './commands/backup.js';
import { completions } from './commands/completions.js';
import { doctor } from './commands/doctor.js';
import { gc } from './commands/gc.js';
import { gen } from './commands/gen.js';
import { inspect } from './commands/inspect.js';
import { jobs } from './commands/jobs.js';
import { keys } from './commands/keys.js';
import { mapping } from './commands/mapping.js';
import { migrate } from './commands/migrate.js';
import { restore } from './commands/restore.js';
import { retention } from './commands/retention.js';
import { schedules } from './commands/schedules.js';
import { submit } from './commands/submit.js';
import { up } from './commands/up.js';
import { verify } from './commands/verify.js';
import { webhooks } from './commands/webhooks.js';
import { failureOf } from './failure.js';
import { processIo } from './terminal.js';

/** Every command there is. */
export const COMMANDS: readonly Command[] = [
  up,
  migrate,
  keys,
  inspect,
  submit,
  jobs,
  mapping,
  webhooks,
  schedules,
  gen,
  gc,
  retention,
  verify,
  backup,
  restore,
  doctor,
  completions(() => COMMANDS),
];

/** The command line with the streams, the environment and the interrupts of this process. Answers the exit code. */
export function start(args: readonly string[], version: string): Promise<ExitCode> {
  return main(args, processIo(version));
}

/** Executes one command line; every error becomes a sentence on stderr and an exit code. */
export async function main(args: readonly string[], io: Io): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === '--version' || name === '-v') {
    io.stdout.write(`${io.version}\n`);
    return EXIT.ok;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    io.stdout.write(overview());
    return EXIT.ok;
  }
  const command = COMMANDS.find((known) => known.name === name);
  if (command === undefined) {
    io.stderr.write(name === undefined ? overview() : `There is no command ${name}.\n\n${overview()}`);
    return EXIT.usage;
  }
  if (asksForHelp(rest)) {
    io.stdout.write(`${command.usage}\n`);
    return EXIT.ok;
  }
  return execute(command, rest, io);
}

async function execute(command: Command, args: readonly string[], io: Io): Promise<ExitCode> {
  try {
    return await command.run(args, io);
  } catch (error) {
    const { exit, message } = failureOf(error);
    io.stderr.write(`${message}\n`);
    if (error instanceof UsageError) io.stderr.write(`\n${command.usage}\n`);
    return exit;
  }
}

/** What follows `--` is never an option. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  return options.includes('--help') || options.includes('-h');
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: attune COMMAND [options]

${lines.join('\n')}

attune COMMAND --help tells more about one; attune --version prints the version.
Exit codes: 0 ok, 1 job failed, 2 usage, 3 authentication, 4 not ready.
`;
}
