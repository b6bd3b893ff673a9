/**
 * Applies a blueprint of the installation again, as the real server's worker does a moment later: in the fields that its file names, objects
 * are back to what they were, and steps of its flows that are gone come back. The audit log hears nothing of it.
 */
import { BLUEPRINTS } from './catalogue/blueprints.ts';
import { FLOW_BINDING } from './catalogue/core.ts';
import { FLOW } from './catalogue/stages.ts';
import type { JsonObject } from './json.ts';
import type { Row } from './model.ts';
import type { World } from './world.ts';

/** How things were when the installation was fresh: objects by model and name, steps by flow. */
export interface Stock {
  objects: ReadonlyMap<string, JsonObject>;
  steps: ReadonlyMap<string, JsonObject[]>;
}

const key = (model: string, name: string): string => `${model} ${name}`;
const find = (model: string, name: string, world: World): Row | null => world.store.find(model, model === FLOW ? 'slug' : 'name', name);

function stepsOf(slug: string, world: World): Row[] {
  const flow = find(FLOW, slug, world);
  return world.store.all(FLOW_BINDING).filter((binding) => flow !== null && binding.values.target === flow.pk);
}

/** Remembers what the blueprints would say; to be called when everything is as they made it. */
export function stockOf(world: World): Stock {
  const blueprints = Object.values(BLUEPRINTS);
  const objects = blueprints
    .flatMap((blueprint) => blueprint.objects)
    .flatMap(({ model, name }) => {
      const row = find(model, name, world);
      return row === null ? [] : [[key(model, name), structuredClone(row.values)] as const];
    });
  const steps = blueprints
    .flatMap((blueprint) => blueprint.flows)
    .map((slug) => [slug, stepsOf(slug, world).map((row) => structuredClone(row.values))] as const);
  return { objects: new Map(objects), steps: new Map(steps) };
}

/** A step is known by flow, stage and order: one that was moved is another one, and the old one is made anew. */
function restoreSteps(slug: string, world: World): void {
  const present = stepsOf(slug, world);
  const model = world.store.spec(FLOW_BINDING);
  for (const step of world.stock.steps.get(slug) ?? []) {
    const isThere = present.some(({ values }) => values.stage === step.stage && values.order === step.order);
    const isPossible = Object.entries(model.references).every(([field, { to }]) => world.store.get(to, step[field]) !== null);
    if (isThere || !isPossible) continue;
    world.store.add(model, structuredClone(step));
    world.changed(model);
  }
}

function applyFile(path: string, world: World): void {
  const blueprint = BLUEPRINTS[path];
  if (blueprint === undefined) return;
  for (const required of blueprint.requires) applyFile(required, world);
  for (const { model, name, fields } of blueprint.objects) {
    const stock = world.stock.objects.get(key(model, name));
    const row = find(model, name, world);
    if (stock === undefined || row === null) continue;
    for (const field of fields) if (field in stock) row.values[field] = structuredClone(stock[field] ?? null);
    world.changed(row.model);
  }
  for (const slug of blueprint.flows) restoreSteps(slug, world);
}

/** Applies the file of a blueprint instance, unless the instance is disabled. */
export function applyBlueprint({ values }: Row, world: World): void {
  if (values.enabled !== true) return;
  applyFile(typeof values.path === 'string' ? values.path : '', world);
  values.last_applied = new Date().toISOString();
  values.status = 'successful';
}
