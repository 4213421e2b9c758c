import { AppError, findEntity, type Entity, type Plan } from '@attune/core';

/** The entity of a plan; throws `plan.unresolved` when the model does not have it. */
export function entityOf(plan: Plan): Entity {
  const entity = findEntity(plan.mapping.entity);
  if (entity === undefined) throw new AppError('plan.unresolved', `there is no entity ${plan.mapping.entity}`);
  return entity;
}
