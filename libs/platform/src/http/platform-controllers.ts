import type { Type } from '@nestjs/common';
import { DocsController } from './docs.controller.js';
import { PlatformController } from './platform.controller.js';

/** What a process answers besides its services: every one health and metrics, a gateway the documentation of what it answers. */
export function platformControllers(services: readonly string[]): readonly Type[] {
  return services.includes('gateway') ? [PlatformController, DocsController] : [PlatformController];
}
