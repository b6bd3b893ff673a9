import { enrollmentBinding, expressionPolicy, flow, prompt, stage, withSpec, type Manifest } from './manifests.ts';

/** The guide in small: every kind once, nothing of the server's own touched, so that several can stand beside each other. */
export interface SmallMarket {
  readonly loginSlug: string;
  readonly signUpSlug: string;
  /** As one would list them in a file, those first that others refer to. */
  readonly manifests: readonly Manifest[];
}

/** A login flow with an identification form, a sign-up flow that asks for a username and writes the user, and the link between them. */
export function smallMarket(prefix: string): SmallMarket {
  const name = (what: string): string => `${prefix}-${what}`;
  const signUp = withSpec(flow(name('sign-up'), [name('form'), name('write')]), {
    policies: [{ order: 0, policyRef: { name: name('open') } }],
  });
  return {
    loginSlug: name('login'),
    signUpSlug: name('sign-up'),
    manifests: [
      prompt(name('username'), { required: true, order: 0 }),
      expressionPolicy(name('open')),
      stage(name('form'), 'Prompt', { fields: [{ name: name('username') }] }),
      stage(name('write'), 'UserWrite', { userCreationMode: 'always_create' }),
      stage(name('identification'), 'Identification', { userFields: ['username'] }),
      flow(name('login'), [name('identification')], { designation: 'authentication' }),
      signUp,
      enrollmentBinding(name('sign-up'), { flowRef: { name: name('sign-up') }, identificationStageRef: { name: name('identification') } }),
    ],
  };
}
