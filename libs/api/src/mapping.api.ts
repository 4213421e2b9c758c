import { Mapping } from '@attune/core';
import type { z } from 'zod';

/** Answer of `/mapping`: the member `mapping` of the plan. Every source column is in `fields[].from` or in `carried`. */
export const MappingBody = Mapping;
export type MappingBody = z.infer<typeof MappingBody>;
