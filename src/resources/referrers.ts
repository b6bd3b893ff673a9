import type { AuthentikFlowSpec } from '../api/v1alpha1/authentik-flow.ts';
import type { AuthentikStageSpec } from '../api/v1alpha1/authentik-stage.ts';
import type { Reference } from '../api/v1alpha1/common.ts';
import type { EnrollmentBindingSpec } from '../api/v1alpha1/enrollment-binding.ts';
import { declarable, specName, type Field } from '../catalogue/field.ts';
import { STAGES } from '../catalogue/stages.ts';
import { Indexer } from '../runtime/indexer.ts';
import type { ManagedObject } from '../runtime/object.ts';
import type { ObjectStore } from '../runtime/store.ts';

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

  constructor(store: Pick<ObjectStore, 'get' | 'list' | 'subscribe'>) {
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
  }

  /** The flows that name this stage of ours. */
  flowsOf({ metadata }: ManagedObject): readonly ManagedObject[] {
    return this.#flows.with(named(metadata.namespace, metadata.name));
  }

  /** The stages that link to this flow of ours by its object's name. */
  stagesLinkingTo({ metadata }: ManagedObject): readonly ManagedObject[] {
    return this.#stages.with(named(metadata.namespace, metadata.name));
  }

  /** What leads to this flow of ours, by its object's name or by its slug. */
  leadingTo(flow: ManagedObject): readonly ManagedObject[] {
    const values = [named(flow.metadata.namespace, flow.metadata.name), external((flow.spec as AuthentikFlowSpec).slug)];
    return [this.#bindings, this.#stages].flatMap((index) => values.flatMap((value) => index.with(value)));
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

function distinct(values: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(values.flatMap((value) => value ?? []))];
}
