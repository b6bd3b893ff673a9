import type { MinorVersion } from '../authentik/versions.ts';
import type { Field, Rule } from './field.ts';
import { targetOf } from './references.ts';

/** A kind of thing with an endpoint of its own in Authentik's API. */
export interface EntityType {
  /** The endpoint, below `/api/v3`. */
  readonly path: string;
  /** Django's `app_label.model`: names it in permissions, in the audit log and in `used_by`. */
  readonly model: string;
  /** The unique field that finds it by name. */
  readonly naturalKey: 'slug' | 'name';
  /** What the URL of one object ends with: flows answer to their slug only. */
  readonly lookup: 'slug' | 'pk';
  /** Where all types of the family are listed, when the natural key is unique among all of them. */
  readonly family?: string;
  readonly fields: readonly Field[];
  /** What every request for one of them, or for all, is asked with. */
  readonly query?: Readonly<Record<string, boolean>>;
  /** The first version that has it. */
  readonly since?: MinorVersion;
  /** Fields of which a new object must have one that is neither empty nor false, by their names in the API. */
  readonly needsOneOf?: readonly string[];
  /** Models that belong to it and go with it; in `used_by` they don't stand in the way of deleting it. */
  readonly parts: readonly string[];
  /** Models that would only lose their link to it, and with that what everybody needs: they stand in the way of deleting it. */
  readonly heldBy?: readonly string[];
}

/** A type of stage or policy: an entity that a spec chooses by `type` and describes in a member named after it. */
export interface CatalogueEntry extends EntityType {
  /** The value of `spec.type`. */
  readonly type: string;
  /** The member of the spec that holds its fields. */
  readonly member: string;
  /** One sentence for `kubectl explain` and the documentation. */
  readonly description: string;
  readonly rules: readonly Rule[];
  /** Does nothing but lead visitors on: neither lets anybody in nor keeps anybody out. */
  readonly leadsOn?: true;
  /** Takes its mail settings from `smtpSecretRef` as well. */
  readonly smtp?: true;
  /** Authentik takes writes only with a licence. */
  readonly enterprise?: true;
}

/** The Django permissions that managing objects of a model takes. */
export function permissionsOf(modelName: string): readonly string[] {
  const [app, model] = modelName.split('.') as [string, string];
  return ['view', 'add', 'change', 'delete'].map((verb) => `${app}.${verb}_${model}`);
}

/**
 * The models that `used_by` lists for an object although they don't use it: what belongs to it, and what it refers to itself, since
 * Authentik lists its own many-to-many relations as `cascade_many` too (seen live: a prompt stage is "used by" its prompts).
 */
export function ownModels(entity: EntityType): readonly string[] {
  const targets = entity.fields.flatMap((field) => (field.type === 'referenceSet' ? [targetOf(field.to).model] : []));
  return [...entity.parts, ...targets];
}
