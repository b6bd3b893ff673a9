/** Who refers to an object: what `used_by` answers, and what a delete takes along. */
import { FLOW_BINDING } from './catalogue/core.ts';
import { POLICY, POLICY_BINDING } from './catalogue/policies.ts';
import { FLOW, STAGE } from './catalogue/stages.ts';
import { asText, ids, type Json, type JsonObject } from './json.ts';
import type { OnDelete, Row } from './model.ts';
import type { World } from './world.ts';

interface Use {
  row: Row;
  field: string;
  onDelete: OnDelete;
  holder: string;
}

/** Every reference to `row`, from whatever model. */
function usesOf(row: Row, world: World): Use[] {
  const keys = [row.model.key, row.model.base];
  return world.store.models.flatMap((model) =>
    Object.entries(model.references)
      .filter(([, reference]) => keys.includes(reference.to))
      .flatMap(([field, { onDelete, holder = model.key }]) =>
        world.store
          .all(model.key)
          .filter((user) => user.values[field] === row.pk || ids(user.values[field]).includes(row.pk))
          .map((user) => ({ row: user, field, onDelete, holder })),
      ),
  );
}

interface Entry {
  app: string;
  model: string;
  row: Row;
  name: string;
  action: string;
  pk?: Json;
}

const entry = (row: Row, world: World, action: string, key = row.model.key): Entry => {
  const [app = '', model = ''] = key.split('.');
  return { app, model, row, name: row.model.title(row, world.store), action };
};

/** Many-to-many relations that run through bindings: flow and stage, policy and what it is bound to. */
function throughBindings(row: Row, world: World): Entry[] {
  const { store } = world;
  if (row.model.key === FLOW || row.model.base === STAGE) {
    const [own, other, key] = row.model.key === FLOW ? ['target', 'stage', STAGE] : ['stage', 'target', FLOW];
    const partners = store
      .all(FLOW_BINDING)
      .filter((binding) => binding.values[own] === row.pk)
      .flatMap((binding) => store.get(key, binding.values[other]) ?? []);
    const entries = partners.map((partner) => entry(partner, world, 'cascade_many', key));
    if (row.model.key !== FLOW) return entries;
    return [...entries, ...boundPolicies(row, world)];
  }
  if (row.model.base === POLICY) {
    const bindings = store.all(POLICY_BINDING).filter((binding) => binding.values.policy === row.pk);
    return bindings.flatMap((binding) => {
      const target = store.target(binding.values.target);
      return target === null
        ? []
        : {
            app: 'authentik_policies',
            model: 'policybindingmodel',
            row: target,
            name: `PolicyBindingModel ${target.ptr ?? ''}`,
            action: 'cascade_many',
            pk: target.ptr,
          };
    });
  }
  return row.model.key === FLOW_BINDING ? boundPolicies(row, world) : [];
}

function boundPolicies(row: Row, world: World): Entry[] {
  const bindings = world.store.all(POLICY_BINDING).filter((binding) => binding.values.target === row.pk);
  return bindings.flatMap((binding) => {
    const policy = world.store.get(POLICY, binding.values.policy);
    return policy === null ? [] : entry(policy, world, 'cascade_many', POLICY);
  });
}

/** Lists that the object itself holds; the server counts those as users too. */
function ownLists(row: Row, world: World): Entry[] {
  return Object.entries(row.model.references)
    .filter(([, reference]) => reference.onDelete === 'many')
    .flatMap(([field, reference]) =>
      ids(row.values[field])
        .flatMap((pk) => world.store.get(reference.to, pk) ?? [])
        .map((used) => entry(used, world, 'cascade_many', reference.to)),
    );
}

/** What `GET …/used_by/` answers to a caller who may see what `canView` says. */
export function usedBy(row: Row, world: World, canView: (app: string, model: string) => boolean): JsonObject[] {
  const direct = usesOf(row, world)
    // Behind the many-to-many relation of policies, their bindings aren't listed once more.
    .filter((use) => !(use.row.model.key === POLICY_BINDING && row.model.base === POLICY))
    .map((use) => entry(use.row, world, use.onDelete === 'many' ? 'cascade_many' : use.onDelete, use.holder));
  return [...direct, ...throughBindings(row, world), ...ownLists(row, world)]
    .filter(({ app, model }) => canView(app, model))
    .sort((a, b) => `${a.app}.${a.model}`.localeCompare(`${b.app}.${b.model}`))
    .map(({ app, model, row: user, name, action, pk }) => ({ app, model_name: model, pk: asText(pk ?? user.pk), name, action }));
}

/** Removes the object and, as the database would, what hangs on it. Gives everything that is gone, dependents first. */
export function removeWithDependents(row: Row, world: World): Row[] {
  const gone: Row[] = [];
  for (const { row: user, field, onDelete } of usesOf(row, world)) {
    if (onDelete === 'cascade') gone.push(...removeWithDependents(user, world));
    else if (onDelete === 'many') user.values[field] = ids(user.values[field]).filter((pk) => pk !== row.pk);
    else user.values[field] = null;
  }
  if (row.model.bindable) {
    for (const binding of world.store.all(POLICY_BINDING))
      if (binding.values.target === row.pk) gone.push(...removeWithDependents(binding, world));
  }
  world.store.remove(row);
  return [...gone, row];
}
