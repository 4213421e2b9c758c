import type { MethodDefinition } from '@grpc/grpc-js';
import { GeneratorService } from './gen/attune/v1/generator.js';
import { HarmonizerService } from './gen/attune/v1/harmonizer.js';
import { JobsService } from './gen/attune/v1/jobs.js';
import { ValidatorService } from './gen/attune/v1/validator.js';

/** A method of proto/attune/v1 and who answers it. */
export interface DoorMethod<Request, Response> {
  /** Service whose processes answer the method. */
  readonly owner: 'gateway' | 'validator' | 'harmonizer' | 'generator';
  /** True: asking twice does no harm, so a caller may try again when nobody answered. */
  readonly readOnly: boolean;
  readonly definition: MethodDefinition<Request, Response>;
}

/** Every method of the synchronous door. */
export const DOOR = {
  preview: { owner: 'validator', readOnly: true, definition: ValidatorService.preview },
  validateSample: { owner: 'validator', readOnly: true, definition: ValidatorService.validateSample },
  suggestMapping: { owner: 'harmonizer', readOnly: true, definition: HarmonizerService.suggestMapping },
  transformSample: { owner: 'harmonizer', readOnly: true, definition: HarmonizerService.transformSample },
  diff: { owner: 'harmonizer', readOnly: true, definition: HarmonizerService.diff },
  generateSample: { owner: 'generator', readOnly: true, definition: GeneratorService.generateSample },
  watchJob: { owner: 'gateway', readOnly: true, definition: JobsService.watch },
} as const;

/** `/attune.v1.Validator/Preview` in its two parts. */
export function nameOf({ definition }: { readonly definition: { readonly path: string } }): {
  readonly service: string;
  readonly method: string;
} {
  const [, service = '', method = ''] = definition.path.split('/');
  return { service, method };
}
