import { isDeepStrictEqual } from 'node:util';
import { isRefusal } from '../../src/authentik/challenge.ts';
import { createAdministrator } from '../../test/e2e/environment/administrator.ts';
import { describe } from '../../test/visitor/market-visitor.ts';
import type { Shown, Step } from '../runner.ts';
import type { Scene } from '../scene.ts';
import { demandName, visitorAs } from './sign-up.ts';

/** What a sign-up must never do to somebody who has an account: overwrite it. */
export const administratorSteps: readonly Step[] = [
  { act: 'An administrator tests it, still signed in', doing: 'sign up while signed in', run: signUpSignedIn },
];

async function signUpSignedIn(scene: Scene): Promise<Shown> {
  const person = scene.get('names').administrator;
  const administrator = await createAdministrator(scene.get('authentik').client, person);
  scene.undoLater(`remove ${person.username}`, async () => administrator.remove());
  const visitor = visitorAs(scene, person);
  await visitor.logIn();
  await demandName(visitor, person);
  const before = await administrator.account();
  const shown = await visitor.signUp();
  if (shown.kind === 'page' || !isRefusal(shown.challenge)) throw new Error(`sign-up did not refuse, but ended at ${describe(shown)}`);
  if (!isDeepStrictEqual(await administrator.account(), before)) throw new Error('the account changed');
  return { said: `${person.name} logged in and opened sign-up: ${describe(shown)}. The account is what it was` };
}
