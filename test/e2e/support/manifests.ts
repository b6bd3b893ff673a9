import { API_VERSION } from '../../../src/api/v1alpha1/group.ts';

/** What a user writes into a file and applies. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

type Spec = Readonly<Record<string, unknown>>;

/** The key that the tests' token Secrets use. */
const TOKEN_KEY = 'token';
/** The name of the token Secret that {@link connection} refers to. */
const TOKEN_SECRET = 'authentik-token';

function ours(kind: string, name: string, spec: Spec): Manifest {
  return { apiVersion: API_VERSION, kind, metadata: { name }, spec };
}

export function secret(name: string, stringData: Readonly<Record<string, string>>): Manifest {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
}

export function tokenSecret(token: string, name = TOKEN_SECRET): Manifest {
  return secret(name, { [TOKEN_KEY]: token });
}

/** The connection called `default`, which every object in its namespace uses unless it names another. */
export function connection(url: string, spec: Spec = {}, name = 'default'): Manifest {
  return ours('AuthentikConnection', name, { url, tokenSecretRef: { name: TOKEN_SECRET, key: TOKEN_KEY }, ...spec });
}

/** A stage; `member` holds the fields of its type, under the type's own name. */
export function stage(name: string, type: string, member: Spec = {}, spec: Spec = {}): Manifest {
  return ours('AuthentikStage', name, { type, [type.charAt(0).toLowerCase() + type.slice(1)]: member, ...spec });
}

/** The smallest stage there is. */
export function dummyStage(name: string, spec: Spec = {}): Manifest {
  return stage(name, 'Dummy', {}, spec);
}

/** A flow with its slug as title; `stages` are AuthentikStages in order of appearance, or entries in full. */
export function flow(slug: string, stages: readonly (string | Spec)[] = [], spec: Spec = {}): Manifest {
  const entries = stages.map((entry, index) =>
    typeof entry === 'string' ? { order: (index + 1) * 10, stageRef: { name: entry } } : entry,
  );
  return ours('AuthentikFlow', slug, { slug, name: slug, title: `Title of ${slug}`, designation: 'enrollment', stages: entries, ...spec });
}

export function prompt(name: string, spec: Spec = {}): Manifest {
  return ours('AuthentikPrompt', name, { fieldKey: 'username', label: 'Username', type: 'username', ...spec });
}

export function expressionPolicy(name: string, expression = 'return True', spec: Spec = {}): Manifest {
  return ours('AuthentikPolicy', name, { type: 'Expression', expression: { expression }, ...spec });
}

export function group(name: string, spec: Spec = {}): Manifest {
  return ours('AuthentikGroup', name, spec);
}

export function invitation(name: string, spec: Spec): Manifest {
  return ours('AuthentikInvitation', name, spec);
}

export function flowBinding(name: string, spec: Spec): Manifest {
  return ours('FlowBinding', name, spec);
}

export function enrollmentBinding(name: string, spec: Spec): Manifest {
  return ours('EnrollmentBinding', name, spec);
}

/** The same manifest with more in its spec. */
export function withSpec(manifest: Manifest, spec: Spec): Manifest {
  return { ...manifest, spec: { ...manifest.spec, ...spec } };
}
