import {
  type DefaultRulesBody,
  parseRequest,
  type RuleSetList,
  RuleSetListQuery,
  ruleSetPath,
  RuleSetRequest,
  type RuleSetSummary,
  type StoredRuleSetBody,
} from '@attune/api';
import { AppError, bareId, findEntity, prefixed } from '@attune/core';
import { findRules } from '@attune/packs';
import { PEPPER, readJson, RulesRepository, type StoredRuleSet, Tenant } from '@attune/platform';
import { GivenRule, readRule, type RuleSet, ruleSetYaml } from '@attune/rules';
import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { isKnown, requireIfMatch } from './conditions.js';
import { readPlace, signPlace } from './cursor.js';
import { cutPage } from './cut-page.js';

const YAML_TYPE = 'application/yaml';

/** Documents of rules that a tenant keeps, and the rules that Attune brings along (api.md, section 4). */
@Controller('api/v1/rules')
export class RulesController {
  constructor(
    @Inject(RulesRepository) private readonly rules: RulesRepository,
    @Inject(PEPPER) private readonly pepper: string,
  ) {}

  @Post()
  async create(@Tenant() tenantId: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const stored = await this.rules.create(tenantId, await readRules(request));
    const body = bodyOf(stored);
    response
      .status(201)
      .set({ Location: ruleSetPath(body.rules_id), ETag: tagOf(stored) })
      .json(body);
  }

  @Get()
  async list(@Tenant() tenantId: string, @Query() parameters: unknown): Promise<RuleSetList> {
    const query = parseRequest(RuleSetListQuery, parameters, { what: 'The query', kind: 'parameter' });
    const scope = [tenantId, 'rules'];
    const found = await this.rules.list(tenantId, {
      limit: query.limit + 1,
      ...readPlace(this.pepper, scope, query.cursor),
    });
    const { page, last } = cutPage(found, query.limit);
    const cursor = signPlace(this.pepper, scope, last?.key);
    return { data: page.map(summaryOf), next_cursor: cursor, has_more: last !== undefined };
  }

  @Get('defaults/:entity')
  defaults(@Param('entity') entity: string): DefaultRulesBody {
    if (findEntity(entity) === undefined) throw new AppError('not_found', 'there is no such entity');
    const rules = findRules(entity).map((given) => {
      const { id, kind, fields, severity, dimension, message, fix } = readRule(given);
      return { id, kind, fields: [...fields], severity, dimension, message, fix, rule: GivenRule.parse(given) };
    });
    return { entity, rules };
  }

  @Get(':id')
  async read(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const stored = await this.rules.find(tenantId, rulesId(id));
    response.set('ETag', tagOf(stored)).vary('Accept');
    if (isKnown(request, String(stored.version))) response.status(304).end();
    else if (request.accepts(['application/json', YAML_TYPE]) === YAML_TYPE) response.type(YAML_TYPE).send(ruleSetYaml(stored.document));
    else response.json(bodyOf(stored));
  }

  @Put(':id')
  async revise(@Tenant() tenantId: string, @Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const permits = requireIfMatch(request);
    const given = await readRules(request);
    const { id: bare, version } = await this.rules.find(tenantId, rulesId(id));
    if (!permits(version)) throw new AppError('precondition_failed', 'the rules have another version than the one that was read');
    const stored = await this.rules.revise(tenantId, bare, version, given);
    response.set('ETag', tagOf(stored)).json(bodyOf(stored));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@Tenant() tenantId: string, @Param('id') id: string): Promise<void> {
    await this.rules.remove(tenantId, rulesId(id));
  }
}

/** @throws AppError validation_failed: a document that no job could use is not kept. */
async function readRules(request: Request): Promise<{ name: string; document: RuleSet }> {
  const { name, rules } = parseRequest(RuleSetRequest, await readJson(request), { what: 'The body' });
  return { name, document: rules };
}

/** @throws AppError not_found for an id that is none. */
function rulesId(id: string): string {
  const bare = bareId('rul', id);
  if (bare === undefined) throw new AppError('not_found', 'there is no such document of rules');
  return bare;
}

function summaryOf({ id, version, name, entity, updatedAt }: StoredRuleSet): RuleSetSummary {
  return { rules_id: prefixed('rul', id), version, name, entity, updated_at: new Date(updatedAt).toISOString() };
}

function bodyOf(stored: StoredRuleSet): StoredRuleSetBody {
  return { ...summaryOf(stored), rules: stored.document };
}

const tagOf = ({ version }: StoredRuleSet): string => `"${version}"`;
