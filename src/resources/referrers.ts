import type { AuthentikFlowSpec } from '../api/v1alpha1/authentik-flow.ts';
import type { AuthentikStageSpec } from '../api/v1alpha1/authentik-stage.ts';
import type { Reference } from '../api/v1alpha1/common.ts';
import type { EnrollmentBindingSpec } from '../api/v1alpha1/enrollment-binding.ts';
import type { FlowBindingSpec } from '../api/v1alpha1/flow-binding.ts';
import { declarable, specName, type Field } from '../catalogue/field.ts';
import { STAGES } from '../catalogue/stages.ts';
import { Indexer } from '../runtime/indexer.ts';
import type { ManagedObject } from '../runtime/object.ts';
import type { ObjectStore } from '../runtime/store.ts';
import { keptText } from './kept-text.ts';

/** The fields of each type of stage that hold a flow. */
const FLOW_FIELDS: ReadonlyMap<string, readonly { readonly member: string; readonly name: string }[]> = new Map(
  STAGES.map(({ type, member, fields }) => [type, flowFields(fields).map((field) => ({ member, name: specName(field) }))]),
);

function flowFields(fields: readonly Field[]): readonly Field[] {
  return declarable(fields).filter((field) => field.type === 'reference' && field.to === 'flow');
}

/** Which objects of ours name another one, as they declare it; in force or not. */
export class Referrers {
  readonly #flows: Indexer;
  readonly #stages: Indexer;
  readonly #bindings: Indexer;
  /** Bindings by the form that carries their link. */
  readonly #forms: readonly Indexer[];
  /** Whatever names something in Authentik by its name there. */
  readonly #naming: readonly Indexer[];
  readonly #store: Pick<ObjectStore, 'get'>;
  readonly #flowBindings: Indexer;

  constructor(store: Pick<ObjectStore, 'get' | 'list' | 'subscribe'>) {
    this.#store = store;
    const onForm = (object: ManagedObject, form: Reference | undefined): readonly string[] => {
      const { target } = (object.status ?? {}) as { target?: string };
      return distinct([valueOf(object, form), target === undefined ? undefined : external(target)]);
    };
    this.#forms = [
      new Indexer(store, 'EnrollmentBinding', (object) => onForm(object, (object.spec as EnrollmentBindingSpec).identificationStageRef)),
      new Indexer(store, 'FlowBinding', (object) => onForm(object, (object.spec as FlowBindingSpec).at.identificationStageRef)),
    ];
    this.#naming = ['AuthentikStage', 'AuthentikFlow', 'EnrollmentBinding', 'FlowBinding'].map(
      (kind) => new Indexer(store, kind, ({ spec }) => distinct(externals(spec).map(external))),
    );
    this.#flows = new Indexer(store, 'AuthentikFlow', (object) => {
      const { stages = [] } = object.spec as AuthentikFlowSpec;
      return distinct(stages.map(({ stageRef }) => valueOf(object, stageRef)));
    });
    this.#stages = new Indexer(store, 'AuthentikStage', (object) => {
      const spec = object.spec as AuthentikStageSpec;
      const fields = FLOW_FIELDS.get(spec.type) ?? [];
      const references = fields.map(
        ({ member, name }) => (spec[member] as Readonly<Record<string, Reference | undefined>> | undefined)?.[name],
      );
      return distinct(references.map((reference) => valueOf(object, reference)));
    });
    this.#bindings = new Indexer(store, 'EnrollmentBinding', (object) =>
      distinct([valueOf(object, (object.spec as EnrollmentBindingSpec).flowRef)]),
    );
    this.#flowBindings = new Indexer(store, 'FlowBinding', (object) =>
      distinct([valueOf(object, (object.spec as FlowBindingSpec).flowRef)]),
    );
  }

  /** The flows that name this stage of ours. */
  flowsOf({ metadata }: ManagedObject): readonly ManagedObject[] {
    return this.#flows.with(named(metadata.namespace, metadata.name));
  }

  /** The stages that link to this flow of ours by its object's name. */
  stagesLinkingTo({ metadata }: ManagedObject): readonly ManagedObject[] {
    return this.#stages.with(named(metadata.namespace, metadata.name));
  }

  /** Whatever names this object as something of Authentik's own; of another type too. */
  byNameInAuthentik(object: ManagedObject): readonly ManagedObject[] {
    return this.#naming.flatMap((index) => index.with(external(nameInAuthentik(object))));
  }

  /** The links on forms that are stages of this flow. */
  linksOnFormsOf(flow: ManagedObject): readonly ManagedObject[] {
    const { stages = [] } = flow.spec as AuthentikFlowSpec;
    const values = stages.flatMap(({ stageRef }) => {
      const { namespace } = flow.metadata;
      const stage = stageRef.name === undefined ? undefined : this.#store.get({ kind: 'AuthentikStage', namespace, name: stageRef.name });
      return [valueOf(flow, stageRef), stage === undefined ? undefined : external(nameInAuthentik(stage))];
    });
    return distinct(values).flatMap((value) => this.#forms.flatMap((index) => index.with(value)));
  }

  /** What leads to this flow of ours, by its object's name or by its slug. */
  leadingTo(flow: ManagedObject): readonly ManagedObject[] {
    const values = [named(flow.metadata.namespace, flow.metadata.name), external((flow.spec as AuthentikFlowSpec).slug)];
    return [this.#bindings, this.#flowBindings, this.#stages].flatMap((index) => values.flatMap((value) => index.with(value)));
  }
}

function valueOf(from: ManagedObject, reference: Reference | undefined): string | undefined {
  if (reference?.name !== undefined) return named(from.metadata.namespace, reference.name);
  return reference?.external === undefined ? undefined : external(reference.external);
}

/** Slashes are in no name of Kubernetes, so that the two can't be mistaken. */
function named(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function external(naturalKey: string): string {
  return `//${naturalKey}`;
}

function nameInAuthentik({ spec, metadata }: ManagedObject): string {
  const { slug, name } = spec as { readonly slug?: string; readonly name?: string };
  return keptText(slug ?? name ?? metadata.name);
}

/** Every name under `external` in a spec. */
function externals(spec: unknown): readonly string[] {
  if (typeof spec !== 'object' || spec === null) return [];
  return Object.entries(spec).flatMap(([field, value]) =>
    field === 'external' && typeof value === 'string' ? [keptText(value)] : externals(value),
  );
}

function distinct(values: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(values.flatMap((value) => value ?? []))];
}
