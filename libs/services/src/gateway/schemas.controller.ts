import { parseRequest, type SchemaBody, type SchemaList } from '@attune/api';
import { AppError, entities, findEntity } from '@attune/core';
import { packs } from '@attune/packs';
import { findStandardizer } from '@attune/standardize';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';

const NoQuery = z.strictObject({});

const packOf = (entity: string): string | null => packs.find((pack) => pack.entities.includes(entity))?.name ?? null;

/** The entities that mappings map to, the same for every tenant. */
@Controller('api/v1/schemas')
export class SchemasController {
  @Get()
  list(@Query() parameters: unknown): SchemaList {
    parseRequest(NoQuery, parameters, { what: 'The query', kind: 'parameter' });
    return {
      data: entities.map(({ name, plural, fields }) => ({ entity: name, plural, fields: fields.length, pack: packOf(name) })),
    };
  }

  @Get(':entity')
  read(@Param('entity') name: string, @Query() parameters: unknown): SchemaBody {
    parseRequest(NoQuery, parameters, { what: 'The query', kind: 'parameter' });
    const entity = findEntity(name);
    if (entity === undefined) throw new AppError('not_found', 'there is no such entity');
    const used = new Set(entity.fields.map(({ standardizer }) => standardizer));
    const standardizers = [...used].flatMap((standardizer) => findStandardizer(standardizer) ?? []);
    return {
      entity: entity.name,
      plural: entity.plural,
      pack: packOf(entity.name),
      fields: entity.fields.map(({ essential, ...field }) => ({ ...field, essential: essential === true })),
      standardizers: standardizers.map(({ name: standardizer, produces, description }) => ({ name: standardizer, produces, description })),
    };
  }
}
