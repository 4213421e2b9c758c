import { ApiProblem, UnexpectedAnswer, Unreachable } from '@attune/api';
import { AppError, type ErrorPlace } from '@attune/core';
import { UsageError } from './arguments.js';
import { EXIT, type ExitCode } from './command.js';

/** What a failed command says, and how it exits. */
export interface Failure {
  readonly exit: ExitCode;
  readonly message: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof UsageError) return { exit: EXIT.usage, message: error.message };
  if (error instanceof ApiProblem) return failureOfProblem(error);
  if (error instanceof Unreachable)
    return { exit: EXIT.notReady, message: `Attune is not answering at ${error.url}; start it with npm start.` };
  if (error instanceof UnexpectedAnswer) return { exit: EXIT.notReady, message: error.message };
  // Settings of the environment that are wrong are told by the platform in this form.
  if (error instanceof AppError && error.code === 'validation_failed') return { exit: EXIT.usage, message: error.detail };
  if (error instanceof AppError)
    return { exit: EXIT.jobFailed, message: [`${error.code}: ${error.detail}`, ...placesOf(error.errors)].join('\n') };
  if (error instanceof Error && error.name === 'AbortError') return { exit: EXIT.interrupted, message: 'Interrupted.' };
  return { exit: EXIT.jobFailed, message: error instanceof Error ? error.message : String(error) };
}

function failureOfProblem({ problem }: ApiProblem): Failure {
  const lines = [`${problem.title} (${problem.code}): ${problem.detail}`, ...placesOf(problem.errors ?? [])];
  if (problem.request_id !== '') lines.push(`  request ${problem.request_id}`);
  if (problem.status === 401 || problem.status === 403) {
    lines.push('Set ATTUNE_API_KEY, or ATTUNE_DATA_DIR to where `attune up` keeps the file api-key.');
    return { exit: EXIT.authentication, message: lines.join('\n') };
  }
  if (problem.status === 503) return { exit: EXIT.notReady, message: lines.join('\n') };
  return { exit: problem.status < 500 ? EXIT.usage : EXIT.jobFailed, message: lines.join('\n') };
}

/** Where in what was given the fault lies, one line per place. */
function placesOf(places: readonly Partial<ErrorPlace>[]): readonly string[] {
  return places.map(({ pointer, parameter, header, message = '' }) => `  ${pointer ?? parameter ?? header ?? ''} ${message}`);
}
