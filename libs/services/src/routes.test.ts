import 'reflect-metadata';
import { operations } from '@attune/api';
import { platformControllers } from '@attune/platform';
import { RequestMethod, type Type } from '@nestjs/common';
import { services } from './index.js';

/** As in `GET /api/v1/jobs/{id}`, from what Nest will register for the controller. */
function routesOf(controller: Type): string[] {
  const base = listOf(Reflect.getMetadata('path', controller));
  const handlers = Object.getOwnPropertyNames(controller.prototype)
    .map((name) => Object.getOwnPropertyDescriptor(controller.prototype, name)?.value as unknown)
    .filter((handler) => typeof handler === 'function');
  return handlers.flatMap((handler) => {
    const method = Reflect.getMetadata('method', handler) as RequestMethod | undefined;
    if (method === undefined) return [];
    const own = listOf(Reflect.getMetadata('path', handler));
    return base.flatMap((first) => own.map((last) => `${RequestMethod[method]} ${joined(first, last)}`));
  });
}

const listOf = (path: unknown): string[] => (Array.isArray(path) ? (path as string[]) : [String(path)]);
const joined = (first: string, last: string): string =>
  `/${[first, last]
    .map((part) => part.replace(/^\/|\/$/g, ''))
    .filter(Boolean)
    .join('/')}`.replace(/:(\w+)/g, '{$1}');

test('the routes that are registered are the operations of the document, no more and no fewer', () => {
  const controllers = [
    ...platformControllers(services.map(({ name }) => name)),
    ...services.flatMap((service) => [...service.controllers]),
  ];
  const registered = controllers.flatMap(routesOf);
  expect(registered).toContain('GET /api/v1/jobs/{id}/result');
  expect(registered.sort()).toEqual(operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort());
});
