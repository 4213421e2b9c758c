// What kubeconform compares with, made from what Kubernetes itself publishes: the swagger.json of its sources, as Go's module cache has them after
//   go mod download k8s.io/kubernetes@v1.29.15 k8s.io/kubernetes@v1.34.4
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The versions that are there: their numbers, and their swagger.json. */
export function kubernetesSources() {
  const { status, stdout } = spawnSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' });
  const folder = status === 0 ? join(stdout.trim(), 'k8s.io') : '';
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const [, version] = /^kubernetes@v([\d.]+)$/.exec(name) ?? [];
    const file = join(folder, name, 'api/openapi-spec/swagger.json');
    return version !== undefined && existsSync(file) ? [{ version, file }] : [];
  });
}

/** Writes a schema for each kind, strict: a member that is not named is refused. Answers the template that kubeconform finds them by. */
export function writeSchemas(file, folder) {
  const { definitions } = JSON.parse(readFileSync(file, 'utf8'));
  mkdirSync(folder, { recursive: true });
  const strict = Object.fromEntries(Object.entries(definitions).map(([name, schema]) => [name, strictly(name, schema)]));
  for (const [name, schema] of Object.entries(definitions))
    for (const { group, kind, version } of schema['x-kubernetes-group-version-kind'] ?? []) {
      const suffix = [group.split('.')[0], version].filter(Boolean).join('-');
      const standalone = {
        $ref: `#/definitions/${name}`,
        definitions: Object.fromEntries([...reached(strict, name)].map((one) => [one, strict[one]])),
      };
      writeFileSync(join(folder, `${kind}-${suffix}.json`.toLowerCase()), JSON.stringify(standalone));
    }
  return join(folder, '{{.ResourceKind}}{{.KindSuffix}}.json');
}

/** The definition and all that it speaks of: every schema stands alone. */
function reached(definitions, name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, other] of JSON.stringify(definitions[name]).matchAll(/"#\/definitions\/([^"]+)"/g)) reached(definitions, other, found);
  return found;
}

/** Numbers are quantities too, and a port may have a name (apimachinery: resource.Quantity, intstr.IntOrString). */
function strictly(name, schema) {
  if (/\.(Quantity|IntOrString)$/.test(name)) return { type: ['string', 'number'] };
  return strictObject(schema);
}

function strictObject(schema) {
  if (Array.isArray(schema)) return schema.map(strictObject);
  if (schema === null || typeof schema !== 'object') return schema;
  const made = Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => key !== 'description' && key !== 'format' && !key.startsWith('x-kubernetes'))
      .map(([key, value]) => [key, key === 'properties' ? eachOf(value) : strictObject(value)]),
  );
  // An object that preserves what it does not know says so by having no properties.
  if (made.properties !== undefined && made.additionalProperties === undefined) made.additionalProperties = false;
  return made;
}

/** Names of members are no keywords of a schema, whatever they look like. */
const eachOf = (properties) => Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, strictObject(schema)]));
